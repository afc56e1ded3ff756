/* SPDX-License-Identifier: ISC */
/* near.c - which known names somebody may have meant */
#include <stdlib.h>
#include <string.h>

#include "near.h"
#include "strv.h"

#define MAXWORD	64
#define FAR	~0u

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Damerau-Levenshtein, neighbours only; long words are far from all. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned d[MAXWORD + 1][MAXWORD + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAXWORD || lb > MAXWORD)
		return FAR;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++)
		for (size_t j = 1; j <= lb; j++) {
			unsigned cost = a[i - 1] != b[j - 1];

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1,
			    d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	return d[la][lb];
}

char *
near_names(const char *word, char *const *names, size_t n)
{
	unsigned limit = (unsigned)strlen(word) / 3;
	struct strv found = { 0 };
	char *all = NULL;

	if (limit == 0)
		limit = 1;
	for (unsigned want = 0; want <= limit && *word != '\0'; want++)
		for (size_t i = 0; i < n && found.n < 3; i++) {
			unsigned d = distance(word, names[i]);

			if (d > 1 && strncmp(word, names[i], strlen(word)) == 0)
				d = 1;
			if (d == want && !strv_has(&found, names[i]))
				strv_add(&found, names[i]);
		}
	if (found.n > 0)
		all = strv_join(&found, " ", 3);
	strv_free(&found);
	return all;
}
