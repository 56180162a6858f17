// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/complain.h"
#include "libbrkwatch/event.h"
#include "malloc/call.h"

const char *const kind_names[KINDS] = {
	"heap", "malloc", "arena", "stack", "file", "loader", "shared", "kernel", "unknown",
};

const char *const call_names[CALLS] = { "mmap", "munmap", "mremap", "madvise", "mprotect", "brk" };

/* ---- texts that stay ---- */

static void *texts;

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

const char *intern(const char *text)
{
	char **known = tfind(text, &texts, compare);

	if (!known)
		known = needed(tsearch(needed(strdup(text)), &texts, compare));
	return *known;
}

void intern_free(void)
{
	tdestroy(texts, free);
	texts = NULL;
}

/* ---- numbers of a refusal ---- */

bool call_is_of_addresses(const struct call *call)
{
	return call->reason && reason_is_of_addresses((struct slice){ call->reason, strlen(call->reason) });
}

bool call_has_limit(const struct call *call)
{
	return call->limit || (call->needed && !call_is_of_addresses(call));
}

/* ---- flags ---- */

struct word {
	uint64_t value;
	const char *name;
};

#define WORD(name) { name, #name }

/* Of several that share bits, the one with more of them is first. */
static const struct word map_words[] = {
	WORD(MAP_SHARED_VALIDATE), WORD(MAP_PRIVATE), WORD(MAP_SHARED), WORD(MAP_FIXED),
	WORD(MAP_FIXED_NOREPLACE), WORD(MAP_ANONYMOUS), WORD(MAP_NORESERVE), WORD(MAP_STACK),
	WORD(MAP_DENYWRITE), WORD(MAP_POPULATE), WORD(MAP_LOCKED), WORD(MAP_HUGETLB),
	WORD(MAP_GROWSDOWN), WORD(MAP_NONBLOCK), { 0 },
};

static const struct word mremap_words[] = {
	WORD(MREMAP_MAYMOVE), WORD(MREMAP_FIXED), { 4, "MREMAP_DONTUNMAP" }, { 0 },
};

/* They are numbers, not bits. */
static const struct word advice_words[] = {
	{ MADV_DONTNEED, "MADV_DONTNEED" }, { MADV_FREE, "MADV_FREE" }, { MADV_HUGEPAGE, "MADV_HUGEPAGE" },
	{ MADV_NOHUGEPAGE, "MADV_NOHUGEPAGE" }, { MADV_WILLNEED, "MADV_WILLNEED" },
	{ MADV_SEQUENTIAL, "MADV_SEQUENTIAL" }, { MADV_RANDOM, "MADV_RANDOM" },
	{ MADV_DONTFORK, "MADV_DONTFORK" }, { MADV_DONTDUMP, "MADV_DONTDUMP" }, { 0 },
};

static const struct word *words_of(enum call_id id)
{
	return id == CALL_MADVISE ? advice_words : id == CALL_MREMAP ? mremap_words : map_words;
}

void flags_text(const struct call *call, char *text)
{
	uint64_t left = call->flags;
	char *p = text;

	*p = '\0';
	for (const struct word *word = words_of(call->id); word->name; word++) {
		if (call->id == CALL_MADVISE ? left != word->value : (left & word->value) != word->value)
			continue;
		p += sprintf(p, "%s%s", p == text ? "" : "|", word->name);
		left &= ~word->value;
	}
	if (left || p == text)
		sprintf(p, "%s%#" PRIx64, p == text ? "" : "|", left);
}

static bool add_word(struct call *call, const char *text, size_t len)
{
	char *end;

	for (const struct word *word = words_of(call->id); word->name; word++) {
		if (strlen(word->name) == len && !memcmp(word->name, text, len)) {
			call->flags |= word->value;
			return true;
		}
	}
	call->flags |= strtoull(text, &end, 16);
	return len && end == text + len;
}

bool flags_parse(struct call *call, const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "|");

		if (!add_word(call, text, len))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static const struct {
	uint64_t bit;
	char letter;
} prots[] = { { PROT_READ, 'r' }, { PROT_WRITE, 'w' }, { PROT_EXEC, 'x' } };

void prot_text(uint64_t prot, char *text)
{
	memcpy(text, "---", sizeof("---"));
	for (int i = 0; i < 3; i++)
		if (prot & prots[i].bit)
			text[i] = prots[i].letter;
}

uint64_t prot_parse(const char *text)
{
	uint64_t prot = 0;

	for (int i = 0; i < 3 && text[i]; i++)
		if (text[i] == prots[i].letter)
			prot |= prots[i].bit;
	return prot;
}
