// SPDX-License-Identifier: GPL-2.0
/*
 * May this opener read that process?
 *
 * Exactly if the opener may open its /proc/PID/maps, and the kernel's own code
 * decides: the module opens that file, under the caller's credentials, below a
 * mount of procfs that is in no mount namespace, so that nothing a caller mounts
 * can stand in for it. The kernel's checks themselves are not exported. Only
 * whether a mount hides the process is asked of that mount.
 */
#include "brkwatch.h"

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pid.h>
#include <linux/proc_fs.h>
#include <linux/rculist.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "proc.h"

/* How often to ask again after an exec or exit between question and answer. */
#define TRIES	5

/* procfs of the initial pid namespace, or why there is none. */
static struct vfsmount *mnt;

/*
 * Whether a step into fdinfo takes ptrace access: it does since v6.10
 * (0a960ba49869), and in older kernels that have taken this over. In the others
 * whoever its mode lets in may take it, since v5.14 everybody.
 */
static bool fdinfo_is_checked;

static int try_below(struct vfsmount *at, int flags, const char *name)
{
	struct path root = { .mnt = at, .dentry = at->mnt_sb->s_root };
	struct file *file = brkwatch_open_below(&root, name, flags);

	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

/*
 * Open and close a file of procfs as current; O_PATH only looks whether it is
 * there. Sleeps. Return: 0, or what open says.
 */
int brkwatch_access_try(int flags, const char *format, ...)
{
	char name[64];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	return try_below(mnt, flags, name);
}

/* Some thread that has the address space: the main one may have exited. */
static struct task_struct *get_thread(struct pid *pid)
{
	struct task_struct *main, *task, *found = NULL;

	rcu_read_lock();
	main = pid_task(pid, PIDTYPE_TGID);
	if (main) {
		/* With lockdep for_each_thread() wants tasklist_lock, which is not exported. */
		list_for_each_entry_rcu(task, &main->signal->thread_head, thread_node) {
			if (READ_ONCE(task->mm)) {
				found = get_task_struct(task);
				break;
			}
		}
	}
	rcu_read_unlock();
	return found;
}

static int try_thread(struct task_struct *task, int flags, const char *name)
{
	int err = brkwatch_access_try(flags, "%d/task/%d/%s", task_tgid_nr(task),
				      task_pid_nr(task), name);

	return err == -ENOENT ? -ESRCH : err;
}

static int ask(struct task_struct *task)
{
	return try_thread(task, O_RDONLY, "maps");
}

/* The address space of a task, for mmdrop(): asking alone keeps nobody's memory. */
static struct mm_struct *grab_mm(struct task_struct *task)
{
	struct mm_struct *mm;

	task_lock(task);
	mm = task->flags & PF_KTHREAD ? NULL : task->mm;
	if (mm)
		mmgrab(mm);
	task_unlock(task);
	return mm;
}

/* Return: whether @task still has @mm, which is then for mmput(). */
static bool get_mm(struct task_struct *task, struct mm_struct *mm)
{
	bool same;

	task_lock(task);
	same = task->mm == mm;
	if (same)
		mmget(mm);
	task_unlock(task);
	return same;
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
 * Whether @cred has all capabilities of current. The kernel lets every process
 * read itself, even through a file that another process has opened.
 */
static bool is_no_less(const struct cred *cred, const struct cred *own)
{
	return cred == own ||
	       (has_ids(cred, own) && cred->user_ns == own->user_ns &&
		cap_issubset(own->cap_permitted, cred->cap_permitted));
}

/* Newer kernels let those read maps whom ptrace would refuse. */
static bool has_perfmon(void)
{
	return ns_capable_noaudit(&init_user_ns, CAP_PERFMON) ||
	       ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/*
 * Whether asking is pointless. A refusal may be logged by audit, which a reader
 * of `all` does not want for each stranger. This repeats the first test of
 * ptrace, so it hides only what the kernel would refuse anyway.
 */
static bool is_hopeless(struct task_struct *task)
{
	const struct cred *cred = current_cred(), *other;
	bool own, hopeless;

	own = same_thread_group(task, current) ||
	      READ_ONCE(task->mm) == current->mm;
	if (own && is_no_less(cred, current_real_cred()))
		return false;
	if (has_perfmon())
		return false;
	rcu_read_lock();
	other = __task_cred(task);
	hopeless = (own || !has_ids(cred, other)) &&
		   !ns_capable_noaudit(other->user_ns, CAP_SYS_PTRACE);
	rcu_read_unlock();
	return hopeless;
}

/*
 * Answer without waiting. An open of maps waits for the lock that exec holds,
 * and an exec can take as long as its process likes. So try that lock; if it is
 * free, hold it and ask by fdinfo, which needs the same ptrace access but not
 * the lock.
 */
static int ask_at_once(struct task_struct *task, const struct mm_struct *mm)
{
	struct rw_semaphore *lock = &task->signal->exec_update_lock;
	int err;

	if (is_hopeless(task))
		return -EACCES;
	if (mm == current->mm)
		return 0;
	/* There is nothing else to ask, and that waits. */
	if (!fdinfo_is_checked)
		return ask(task);
	if (!down_read_trylock(lock))
		return -EAGAIN;
	err = try_thread(task, O_PATH, "fdinfo/.");
	up_read(lock);
	return err == -EACCES && has_perfmon() ? ask(task) : err;
}

/*
 * The address space of a process, for mmput(), if current may read it. Without
 * @wait, which is killable, that is -EAGAIN while the process execs.
 *
 * The answer is for the address space that is returned. Had the process put
 * another in its place meanwhile, by an exec of a setuid program say, the
 * question would have been about that one, and is asked again; so it is if the
 * thread has exited, for then procfs opens its maps without a check. -ESRCH: the
 * process has none. Sleeps.
 */
struct mm_struct *brkwatch_access_mm(struct pid *pid, bool wait)
{
	struct task_struct *task;
	struct mm_struct *mm;
	int i, err = -ESRCH;

	for (i = 0; i < TRIES && err == -ESRCH; i++) {
		task = get_thread(pid);
		if (!task)
			break;
		mm = grab_mm(task);
		if (mm) {
			err = wait ? ask(task) : ask_at_once(task, mm);
			if (!err && !get_mm(task, mm))
				err = -ESRCH;
			mmdrop(mm);
		}
		put_task_struct(task);
		if (!err)
			return mm;
	}
	return ERR_PTR(err);
}

/*
 * Whether @file's mount hides process @nr from current (hidepid). Asks the mount
 * itself, by a path lookup in the process's directory. If the mount's owner has
 * mounted something slow there, only readers of that mount wait. Sleeps.
 */
bool brkwatch_access_is_hidden(const struct file *file, pid_t nr)
{
	char name[16];

	if (proc_sb_info(file_inode(file)->i_sb)->hide_pid < HIDEPID_INVISIBLE)
		return false;
	snprintf(name, sizeof(name), "%d/.", nr);
	return try_below(file->f_path.mnt, O_PATH, name);
}

/* Nobody keeps current from its own. */
static bool find_fdinfo_check(void)
{
	struct path root = { .mnt = mnt, .dentry = mnt->mnt_sb->s_root };
	struct file *file;
	char name[32];
	bool checked;

	snprintf(name, sizeof(name), "%d/fdinfo/.", task_tgid_nr(current));
	file = brkwatch_open_below(&root, name, O_PATH);
	if (IS_ERR(file))
		return false;
	checked = file_inode(file)->i_op->permission;
	fput(file);
	return checked;
}

/* A mount of procfs shows the pid namespace of whoever makes it. */
static void mount_fn(struct work_struct *work)
{
	struct file_system_type *type = get_fs_type("proc");

	mnt = type ? kern_mount(type) : ERR_PTR(-ENODEV);
	if (!IS_ERR(mnt))
		fdinfo_is_checked = find_fdinfo_check();
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
