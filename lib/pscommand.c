/* SPDX-License-Identifier: ISC */
/* pscommand.c - a QEMU's command line out of the words that ps(1) prints */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "paste.h"
#include "pscommand.h"
#include "qemuargv.h"
#include "qemuopts.h"

/* Values of these never have blanks: the next word is an image. */
static const char *const one_word[] = { "m", "smp", "cpu", "boot", "accel",
	"machine", "M", "display", "vga", "vnc", "serial", "monitor", "device",
	"netdev", "nic", "net", "rtc", "k", "g", "object", "global", NULL };

const char *
pscommand_option(const char *word, size_t len, size_t *n)
{
	size_t dashes = len > 1 && word[1] == '-' ? 2 : 1;

	if (len <= dashes || *word != '-' ||
	    !isalpha((unsigned char)word[dashes]))
		return NULL;
	for (size_t i = dashes; i < len; i++) {
		unsigned char c = (unsigned char)word[i];

		if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '_'))
			return NULL;
	}
	*n = len - dashes;
	return word + dashes;
}

static bool
is_one_word(const char *option, size_t len, const char *value)
{
	/* Unless it is JSON. */
	for (int i = 0; *value != '{' && one_word[i] != NULL; i++)
		if (strlen(one_word[i]) == len &&
		    memcmp(one_word[i], option, len) == 0)
			return true;
	return false;
}

static void
add_word(struct strv *argv, const char *s, const char *end)
{
	strv_addf(argv, "%.*s", (int)(end - s), s);
}

/* The option's name in name; as qemu_option_takes(). */
static int
takes_value(const char *option, size_t len)
{
	char name[32];

	if (len >= sizeof(name))
		return -1;
	memcpy(name, option, len);
	name[len] = '\0';
	return qemu_option_takes(name);
}

/* From at on to the next option, or one word of it; returns its end. */
static const char *
value_end(const char *at, bool one)
{
	const char *end = at, *next = at, *word;
	size_t len, n;

	while ((word = paste_word(&next, &len)) != NULL) {
		if (end != at && (one || pscommand_option(word, len, &n) !=
		    NULL))
			break;
		end = word + len;
	}
	return end;
}

static void
split_options(struct strv *argv, const char *rest)
{
	const char *word, *option, *next = rest;
	size_t len, n, dummy;

	while ((word = paste_word(&next, &len)) != NULL) {
		int takes;

		option = pscommand_option(word, len, &n);
		if (option == NULL) {	/* an image */
			next = value_end(word, false);
			add_word(argv, word, next);
			continue;
		}
		add_word(argv, word, word + len);
		takes = takes_value(option, n);
		rest = next;
		word = paste_word(&rest, &len);
		if (takes == 0 || word == NULL ||
		    (takes == -1 && pscommand_option(word, len, &dummy) !=
		    NULL))
			continue;
		next = value_end(word, is_one_word(option, n, word));
		add_word(argv, word, next);
	}
}

bool
pscommand_is_qemu(const char *word, size_t len)
{
	char path[512];

	if (len >= sizeof(path))
		return false;
	memcpy(path, word, len);
	path[len] = '\0';
	return qemu_arch_of(path) != NULL;
}

/* ".../QEMULauncher": UTM's, which has QEMU itself as its first argument. */
static bool
is_launcher(const char *end, size_t len)
{
	static const char name[] = "/QEMULauncher";
	size_t n = strlen(name);

	return len >= n && memcmp(end - n, name, n) == 0;
}

const char *
pscommand_program(const char *command, const char **end)
{
	const char *word, *next = command, *start = NULL;
	bool launched = false;
	size_t len;

	for (int i = 0; (word = paste_word(&next, &len)) != NULL && i < 16;
	    i++) {
		if (start == NULL)
			start = word;
		/* "/usr/bin/sudo /opt/bin/qemu...", "/bin/sh -c qemu..." */
		else if (*word == '-' || *word == '/' ||
		    memchr(word, '/', len) == NULL || *start != '/')
			return NULL;
		*end = word + len;
		if (pscommand_is_qemu(word, len))
			return start;
		if (*start != '/')
			return NULL;
		if (!launched && is_launcher(*end, len)) {
			launched = true;
			start = NULL;
		}
	}
	return NULL;
}

bool
pscommand_split(struct strv *argv, const char *command)
{
	const char *end, *start = pscommand_program(command, &end);

	if (start == NULL)
		return false;
	add_word(argv, start, end);
	split_options(argv, end);
	return true;
}

void
pscommand_drop_last(char **argv)
{
	const char *option;
	size_t n = 0, len;

	while (argv[n] != NULL)
		n++;
	if (n < 2)
		return;
	free(argv[--n]);
	argv[n] = NULL;
	option = pscommand_option(argv[n - 1], strlen(argv[n - 1]), &len);
	if (n > 1 && option != NULL && takes_value(option, len) != 0) {
		free(argv[--n]);
		argv[n] = NULL;
	}
}

bool
pscommand_ends_badly(const char *last)
{
	size_t n, len = strlen(last);
	const char *option = pscommand_option(last, len, &n);

	if (option != NULL)
		return takes_value(option, n) == 1;
	return len > 0 && strchr(",=", last[len - 1]) != NULL;
}
