/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What memory is for. Those from the heap to the loader are what malloc and programs are made of. */
enum kind {
	KIND_HEAP, KIND_MALLOC, KIND_ARENA, KIND_STACK, KIND_FILE, KIND_LOADER, KIND_SHARED, KIND_KERNEL,
	KIND_UNKNOWN, KINDS,
};

extern const char *const kind_names[KINDS];

struct what {
	enum kind kind;
	bool guess;		/* it looks like that, and could be something else */
	const char *file;	/* or NULL; see intern() */
	bool reserved;		/* addresses only: it cannot be accessed */
};

static inline struct what what_is(enum kind kind, bool guess, const char *file)
{
	return (struct what){ .kind = kind, .guess = guess, .file = file };
}

enum call_id { CALL_MMAP, CALL_MUNMAP, CALL_MREMAP, CALL_MADVISE, CALL_MPROTECT, CALL_BRK, CALLS };

extern const char *const call_names[CALLS];

/* A system call that has ended. Addresses and sizes are as the program gave them. */
struct call {
	enum call_id id;
	uint64_t pid, tid;
	uint64_t time_ns;	/* when it ended */
	uint64_t took_ns;
	uint64_t request;	/* the address asked for; of mremap the old one */
	uint64_t length;	/* of mremap the old one */
	uint64_t new_length;	/* of mremap */
	uint64_t prot;
	uint64_t flags;		/* of madvise the advice */
	uint64_t addr;		/* where it is now; of brk the break */
	uint64_t old, start;	/* of brk: the break before, and where the heap begins */
	int error;		/* errno */
	const char *reason;	/* why it was refused, or NULL; see intern() */
	uint64_t limit, needed;	/* the numbers of that; 0: not known, but see call_has_limit() */

	const char *by, *caller;	/* the call of malloc that it was made for, and of whom, or NULL */

	/* Of what comes of it. */
	struct what what;
	int64_t bytes;		/* by how much more is mapped */
	uint64_t total;		/* mapped then */
};

/* brk returns no errors. */
static inline bool call_is_refused(const struct call *call)
{
	return call->error || (call->id == CALL_BRK && call->reason);
}

/* Whether the limit is known: one that was exceeded can be 0, unless it is an address. */
bool call_has_limit(const struct call *call);

/* Whether limit and needed are addresses. */
bool call_is_of_addresses(const struct call *call);

/* A copy of the text that stays; equal ones are one. */
const char *intern(const char *text);
void intern_free(void);

/* As strace writes them; @text has FLAGS_TEXT_MAX. False: not understood. */
#define FLAGS_TEXT_MAX 256
void flags_text(const struct call *call, char *text);
bool flags_parse(struct call *call, const char *text);

/* rw- and the like; @text has 4. */
void prot_text(uint64_t prot, char *text);
uint64_t prot_parse(const char *text);
