/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of fuzzproc share; main.c says what it is. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define PAGE		4096UL
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PICK(array)	((array)[dice(COUNT(array))])

/* Of all processes. */
struct shared {
	atomic_bool stop;
	atomic_long begun, done;	/* calls of brk */
	atomic_long operations, opened, checked, processes, killed, faults;
	atomic_int pids[64];
};

extern struct shared *shared;
extern int null, sockets[2];		/* the latter to pass descriptors on */
extern char **programs;			/* each followed by how often it calls brk */
extern int n_programs;

/* The process's own. */
extern uintptr_t low;			/* where its break may be */
extern bool own_mounts;
extern int depth;			/* more than 0: a child, which has but one thread */

extern _Thread_local uint64_t state;	/* of the dice */
extern _Thread_local char buffer[65536];

static inline unsigned int dice(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 20) % n;
}

const char *any_path(void);
void call_brk(uintptr_t request);
void exec_program(int i);
void fuzz(long steps);
void reap_all(void);

void do_open(void);
void do_close(void);
void do_dup(void);
void do_pass(void);
void do_fcntl(void);
void do_ioctl(void);
void do_read(void);
void do_splice(void);
void do_mmap(void);
void do_poll(void);
void do_epoll(void);
void do_aio(void);

void do_brk(void);
void do_prctl(void);
void do_limit(void);
void do_namespace(void);
void do_fork(void);
void do_share(void);
void do_kill(void);

void do_check(void);

#endif
