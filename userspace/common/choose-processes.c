// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/choose-processes.h"
#include "common/complain.h"
#include "common/utf8.h"
#include "common/why-not.h"

static bool parse_pid(const char *text, size_t len, pid_t *pid)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || end != text + len || errno || value < 1 ||
	    value > INT_MAX) {
		warn_user("not a PID: '%.*s'; to select by name use --comm", (int)len, text);
		return false;
	}
	*pid = (pid_t)value;
	return true;
}

bool take_pids(const char *name, const char *list, void *selection)
{
	static const char blanks[] = " \t\n";
	struct selection *sel = selection;

	(void)name;
	list += strspn(list, blanks);
	for (;;) {
		size_t len = strcspn(list, ", \t\n");
		pid_t pid;

		if (!parse_pid(list, len, &pid))
			return false;
		*array_add(sel->pids, sel->n, sel->room) = pid;
		list += len;
		list += strspn(list, blanks);
		if (!*list)
			return true;
		if (*list == ',')
			list += 1 + strspn(list + 1, blanks);
	}
}

bool take_comm(const char *name, const char *regex, void *selection)
{
	struct selection *sel = selection;
	char text[128];
	int rc;

	(void)name;
	if (sel->by_comm)
		regfree(&sel->comm);
	rc = regcomp(&sel->comm, regex, REG_EXTENDED | REG_NOSUB);
	sel->by_comm = !rc;
	if (rc) {
		regerror(rc, &sel->comm, text, sizeof(text));
		warn_user("--comm: '%s' is not an extended regular expression: %s", regex, text);
	}
	return !rc;
}

bool take_uid(const char *name, const char *user, void *selection)
{
	const struct passwd *entry = getpwnam(user);
	struct selection *sel = selection;
	char *end;
	unsigned long value;

	(void)name;
	sel->by_uid = true;
	if (entry) {
		sel->uid = entry->pw_uid;
		return true;
	}
	errno = 0;
	value = strtoul(user, &end, 10);
	if (*user < '0' || *user > '9' || *end || errno || value >= (uid_t)-1) {
		warn_user("no such user: '%s'; expected a name or a number", user);
		return false;
	}
	sel->uid = (uid_t)value;
	return true;
}

bool select_searches(const struct selection *sel)
{
	return sel->all || sel->by_comm || sel->by_uid;
}

static int compare(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

void select_sort(struct selection *sel)
{
	if (sel->n)
		qsort(sel->pids, sel->n, sizeof(*sel->pids), compare);
}

bool select_has_name(const struct selection *sel, const char *name)
{
	char plain[128];

	if (!sel->by_comm || strlen(name) >= sizeof(plain))
		return !sel->by_comm;
	name_unescape(plain, name);
	return !regexec(&sel->comm, plain, 0, NULL, 0);
}

static bool uid_matches(const struct selection *sel, pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	return !stat(path, &st) && st.st_uid == sel->uid;
}

static bool matches(const struct selection *sel, const struct brkwatch *bw, pid_t pid, const char *name)
{
	return !(brkwatch_is_live(bw) && pid == getpid()) &&
	       (!sel->by_uid || uid_matches(sel, pid)) && select_has_name(sel, name);
}

static int search(struct selection *sel, const struct brkwatch *bw)
{
	const struct brkwatch_row *row;
	struct brkwatch_table *table;
	int rc = brkwatch_table_open(&table, bw, "all");

	if (rc)
		return rc;
	while ((rc = brkwatch_table_next(table, &row)) > 0)
		if (matches(sel, bw, row->pid, row->name))
			*array_add(sel->pids, sel->n, sel->room) = row->pid;
	brkwatch_table_close(table);
	return rc;
}

bool select_search(struct selection *sel, const struct brkwatch *bw)
{
	size_t n = 0;
	int rc;

	if (!select_searches(sel))
		return true;
	rc = search(sel, bw);
	if (rc)
		complain_of_file(bw, "all", rc);
	else if (!sel->n)
		warn_user(brkwatch_is_live(bw) && geteuid() ? "no process that you may read matches; try sudo" :
			  "no process matches; brkwatch-top lists all");
	if (rc || !sel->n)
		return false;
	select_sort(sel);
	for (size_t i = 0; i < sel->n; i++)
		if (!i || sel->pids[i] != sel->pids[n - 1])
			sel->pids[n++] = sel->pids[i];
	sel->n = n;
	return true;
}

bool select_has(const struct selection *sel, const struct brkwatch *bw, pid_t pid,
		const char *name)
{
	if (sel->n && bsearch(&pid, sel->pids, sel->n, sizeof(pid), compare))
		return true;
	return (!sel->n || select_searches(sel)) && matches(sel, bw, pid, name);
}

void select_free(struct selection *sel)
{
	free(sel->pids);
	if (sel->by_comm)
		regfree(&sel->comm);
}
