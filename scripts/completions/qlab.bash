# SPDX-License-Identifier: ISC
# qlab.bash - completion for bash 4.3 and later
#
# Options come from each tool's -h, names from what runs.

# _qlab_names TOOL [COMMAND]: what may stand as an operand
_qlab_names()
{
	case $1:$2 in
	*qlab-cap:*) "$1" -DH | awk '{ print $1 }' ;;
	*qlab-ifmap:*) "$1" -H | awk '{ print $1 }' ;;
	*qlab-net:) echo up down ls exec gc ;;
	*qlab-net:up)
		awk '/^[^ #]/ { on = /^networks:/ }
		on && /^  [^ #]/ { sub(/:.*/, ""); print $1 }' lab.yaml
		;;
	*qlab-net:*) "$1" ls -H | awk '{ print $1 }' ;;
	*qlab-ctl:) echo ls stop kill wait console qmp ;;
	*qlab-ctl:wait) "$1" ls -q && echo login ready ip ;;
	*qlab-ctl:*) "$1" ls -q ;;
	*qlab-logq:*) echo show collect && "${1%logq}ctl" ls -aq ;;
	*qlab-run:*)
		awk '/^[^ #]/ { on = /^vms:/ }
		on && /^  [^ #]/ { sub(/:.*/, ""); print $1 }' lab.yaml
		;;
	esac 2>/dev/null
}

# _qlab_options TOOL: all that -h tells of
_qlab_options()
{
	"$1" -h 2>/dev/null | sed -n 's/,* -/ -/g; s/^  \( *-.*\)/\1/p' |
	    awk '{
		for (i = 1; i <= NF && $i ~ /^-/; i++) {
			sub(/\[.*/, "", $i)
			sub(/=.*/, "=", $i)
			print $i
		}
	}'
}

_qlab()
{
	local line=${COMP_LINE:0:COMP_POINT} tool cur list command=
	local -a words
	COMPREPLY=()
	read -ra words <<<"$line"
	cur=${line##*[[:space:]]}
	tool=${words[0]}
	if [ "${tool##*/}" = qlab ]; then
		if [ ${#words[@]} = 1 ] || { [ ${#words[@]} = 2 ] &&
		    [ -n "$cur" ]; }; then
			mapfile -t COMPREPLY < <(compgen \
			    -W 'cap ctl ifmap logq net run' -- "$cur")
			return
		fi
		tool=$tool-${words[1]}
		words=("${words[@]:1}")
	fi
	[ -z "$cur" ] || unset "words[-1]"
	case ${words[-1]} in
	-f | -r | -w) return ;;		# a file, which bash knows itself
	esac
	for list in "${words[@]:1}"; do
		case $list in
		-*) ;;
		*) command=$list; break ;;
		esac
	done
	case $cur in
	-*) list=$(_qlab_options "$tool") ;;
	*) list=$(_qlab_names "$tool" "$command") ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
	[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null
	# Bash takes what is before a colon for a word of its own.
	[[ $COMP_WORDBREAKS != *:* ]] ||
	    COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
}

complete -o default -F _qlab qlab qlab-cap qlab-ctl qlab-ifmap qlab-logq \
	qlab-net qlab-run
