/* SPDX-License-Identifier: ISC */
/* cap-signals.c - the signals of qlab-cap's two processes */
#include <signal.h>
#include <stddef.h>

#include "cap-signals.h"

void
cap_signals_block(int how)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
		SIGALRM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaddset(&set, sigs[i]);
	sigprocmask(how, &set, NULL);
}

static void
nothing(int sig)
{
	(void)sig;
}

void
cap_signals_leave(void)
{
	static const int others[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE,
		SIGUSR1, SIGXFSZ, SIGTTOU };
	const struct sigaction poke = { .sa_handler = nothing };
	sigset_t none;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		signal(others[i], SIG_IGN);
	sigaction(SIGALRM, &poke, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
