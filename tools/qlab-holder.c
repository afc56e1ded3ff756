/* SPDX-License-Identifier: ISC */
/* qlab-holder.c - keeps a running lab's networks alive; started by the tools */
#include <stdio.h>
#include <string.h>

#include "holder.h"

int
main(int argc, char *argv[])
{
	struct qerr err = { .kind = QERR_NONE };
	enum net_backend backend;

	if (argc < 4 || argc > 5 ||
	    lab_parse_backend(argv[3], &backend, NULL) == -1 ||
	    (argc == 5 && strcmp(argv[4], HOLDER_HOST_NET) != 0)) {
		fprintf(stderr, "qlab-holder: started by qlab-run and "
		    "qlab-net, not by hand\n");
		return QERR_INPUT;
	}
	return holder_serve(argv[1], argv[2], backend, argc == 5, HOLDER_FD,
	    &err) == 0 ? 0 : (int)err.kind;
}
