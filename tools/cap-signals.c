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

static volatile sig_atomic_t went_on;

static void
on_cont(int sig)
{
	(void)sig;
	went_on = 1;
}

bool
cap_signals_stopped(void)
{
	bool was = went_on != 0;

	went_on = 0;
	return was;
}

void
cap_signals_leave(void)
{
	static const int others[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE,
		SIGUSR1, SIGXFSZ, SIGTTOU };
	const struct sigaction poke = { .sa_handler = nothing },
	    cont = { .sa_handler = on_cont };
	sigset_t none;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		signal(others[i], SIG_IGN);
	sigaction(SIGALRM, &poke, NULL);
	sigaction(SIGCONT, &cont, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
