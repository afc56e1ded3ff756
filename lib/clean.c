/* SPDX-License-Identifier: ISC */
/* clean.c - make bytes of unknown origin fit for a message */
#include "clean.h"

char *
clean_text(char *s)
{
	for (char *p = s; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return s;
}
