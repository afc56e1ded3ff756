/* SPDX-License-Identifier: ISC */
/* labyaml.c - a lab file becomes a struct lab */
#include <stdlib.h>
#include <string.h>

#include "labread.h"
#include "text.h"

static void
read_lab_name(struct labread *r, const struct ynode *v, void *field)
{
	labread_name(r, v, "lab", field);
}

/* The default name: the file's base name without .yaml or .yml. */
static void
name_from_file(struct labread *r)
{
	const char *base = r->lab->file;
	const char *problem;
	char show[TEXT_SHOWSZ];
	char *name, *dot;

	if (strrchr(base, '/') != NULL)
		base = strrchr(base, '/') + 1;
	name = xstrdup(base);
	dot = strrchr(name, '.');
	if (dot != NULL && (strcmp(dot, ".yaml") == 0 ||
	    strcmp(dot, ".yml") == 0))
		*dot = '\0';
	problem = lab_name_problem(name);
	if (problem == NULL)
		memcpy(r->lab->name, name, strlen(name) + 1);
	else
		lab_err(r->errs, 0, "lab name %s, from the file's, %s; give "
		    "one with 'lab: NAME'", text_show(name, show), problem);
	free(name);
}

static int
read_lab(struct lab *lab, const char *text, size_t len, struct qerr *e)
{
	static const struct labread_key keys[] = {
		{ "lab", read_lab_name, offsetof(struct lab, name), NOLINE },
		{ "networks", labread_networks, 0, NOLINE },
		{ "vms", labread_vms, 0, NOLINE },
		{ NULL, NULL, 0, 0 },
	};
	struct lab_errs errs;
	struct labread r = { .lab = lab, .errs = &errs };
	struct ynode root;
	unsigned seen;

	lab_errs_init(&errs, lab->file, e);
	if (ynode_read(&root, text, len, &errs) == 0) {
		if (root.kind == YNODE_MAP) {
			seen = labread_map(&r, &root, keys, lab,
			    "the lab file");
			if ((seen & 1) == 0)
				name_from_file(&r);
			if ((seen & 6) == 0)
				lab_err(&errs, root.line, "the lab file has "
				    "neither networks nor vms");
		} else
			lab_err(&errs, root.line, "the lab file wants a map "
			    "of networks and vms, not %s", labread_kind(&root));
	}
	ynode_release(&root);
	return errs.n > 0 ? -1 : 0;
}

static int
parse(struct lab *lab, const char *text, size_t len, struct qerr *e)
{
	struct qerr unwanted;

	if (read_lab(lab, text, len, e != NULL ? e : &unwanted) == -1)
		return -1;
	lab_finish(lab);
	return 0;
}

int
lab_parse(struct lab *lab, const char *text, size_t len, const char *file,
    const char *dir, struct qerr *e)
{
	lab_init(lab);
	lab->file = xstrdup(file);
	lab->dir = xstrdup(dir);
	if (file[0] == '/')
		lab->path = xstrdup(file);
	return parse(lab, text, len, e);
}

int
lab_load(struct lab *lab, const char *file, struct qerr *e)
{
	const char *slash = strrchr(file, '/');
	char show[TEXT_SHOWSZ];
	char *text;
	size_t len;
	int rv;

	lab_init(lab);
	text = lab_read_file(file, &len, e);
	if (text == NULL)
		return -1;
	lab->file = xstrdup(file);
	lab->dir = slash == NULL ? xstrdup(".") : slash == file ?
	    xstrdup("/") : xasprintf("%.*s", (int)(slash - file), file);
	lab->path = realpath(file, NULL);
	if (lab->path == NULL)
		rv = qerr_sys(e, "cannot find the path of lab file %s",
		    text_show(file, show));
	else
		rv = parse(lab, text, len, e);
	free(text);
	return rv;
}
