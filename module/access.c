// SPDX-License-Identifier: GPL-2.0
/*
 * May this opener read that process?
 *
 * Exactly if he may open its /proc/PID/maps, and the kernel's own code says
 * so: the file is opened, under the caller's credentials, below a mount of
 * procfs that is in nobody's mount namespace, so that nothing a caller mounts
 * can stand in for it. The kernel's checks themselves are not exported.
 */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>

#include "access.h"

/* An exec between question and answer means asking again, so many times. */
#define TRIES	5

/* procfs of the initial pid namespace, or why there is none. */
static struct vfsmount *mnt;

/**
 * brkwatch_access_try() - open and close a file of procfs as current
 * @flags: as of open(); O_PATH only looks whether it is there
 * @format: its name, as for printf()
 *
 * Context: process; sleeps.
 * Return: 0, or what open says.
 */
int brkwatch_access_try(int flags, const char *format, ...)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_root };
	struct file *file;
	char name[64];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	file = file_open_root(&root, name, flags, 0);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

static int ask(struct pid *pid)
{
	int err = brkwatch_access_try(O_RDONLY, "%d/maps", pid_nr(pid));

	return err == -ENOENT ? -ESRCH : err;
}

static bool has_mm(struct task_struct *task, const struct mm_struct *mm)
{
	bool same;

	task_lock(task);
	same = task->mm == mm;
	task_unlock(task);
	return same;
}

/**
 * brkwatch_access_mm() - the address space of a process, if current may read it
 * @pid: the process
 *
 * The answer is for the address space that is returned: had the process put
 * another in its place meanwhile, by an exec of a setuid program say, the
 * question would have been about that one, and is asked again.
 *
 * Context: process; sleeps, killable, as long as an exec of @pid is under way.
 *
 * Return: the address space, for mmput(); -ESRCH if the process is gone or has
 * none, -EACCES or what else an open of /proc/PID/maps says.
 */
struct mm_struct *brkwatch_access_mm(struct pid *pid)
{
	struct task_struct *task = get_pid_task(pid, PIDTYPE_TGID);
	struct mm_struct *mm = ERR_PTR(-ESRCH);
	int i, err;

	if (!task)
		return mm;
	for (i = 0; i < TRIES; i++) {
		mm = get_task_mm(task);
		if (!mm) {
			mm = ERR_PTR(-ESRCH);
			break;
		}
		err = ask(pid);
		if (!err && has_mm(task, mm))
			break;
		mmput(mm);
		mm = ERR_PTR(err ?: -ESRCH);
		if (err)
			break;
	}
	put_task_struct(task);
	return mm;
}

/* Whether these are all the ids of a process, as ptrace asks first of all. */
static bool has_ids(const struct cred *cred, const struct cred *other)
{
	return uid_eq(cred->fsuid, other->euid) &&
	       uid_eq(cred->fsuid, other->suid) &&
	       uid_eq(cred->fsuid, other->uid) &&
	       gid_eq(cred->fsgid, other->egid) &&
	       gid_eq(cred->fsgid, other->sgid) &&
	       gid_eq(cred->fsgid, other->gid);
}

/*
 * Whether who has @cred has all that current has itself. The kernel lets
 * everybody read himself, also where another one has opened the file.
 */
static bool is_no_less(const struct cred *cred, const struct cred *own)
{
	return cred == own ||
	       (has_ids(cred, own) && cred->user_ns == own->user_ns &&
		cap_issubset(own->cap_permitted, cred->cap_permitted));
}

/**
 * brkwatch_access_hopeless() - whether there is no point in asking
 * @task: a process that who has the current credentials may or may not read
 *
 * For who looks at all processes: a refusal may be worth a line in the audit
 * log and a wait, neither of which he wants for every stranger. This is the
 * first test of ptrace, which the kernel makes before it asks anybody else; it
 * only hides what the kernel would refuse.
 */
bool brkwatch_access_hopeless(struct task_struct *task)
{
	const struct cred *cred = current_cred(), *other;
	bool own, hopeless;

	own = same_thread_group(task, current) ||
	      READ_ONCE(task->mm) == current->mm;
	if (own && is_no_less(cred, current_real_cred()))
		return false;
	/* Newer kernels let those read maps, too. */
	if (ns_capable_noaudit(&init_user_ns, CAP_PERFMON) ||
	    ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		return false;
	rcu_read_lock();
	other = __task_cred(task);
	hopeless = (own || !has_ids(cred, other)) &&
		   !ns_capable_noaudit(other->user_ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	return hopeless;
}

/* A mount of procfs shows the pid namespace of whoever makes it. */
static void mount_fn(struct work_struct *work)
{
	struct file_system_type *type = get_fs_type("proc");

	mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
}

int brkwatch_access_init(void)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, mount_fn);
	schedule_work(&work);
	flush_work(&work);
	destroy_work_on_stack(&work);
	return PTR_ERR_OR_ZERO(mnt);
}

void brkwatch_access_exit(void)
{
	kern_unmount(mnt);
}
