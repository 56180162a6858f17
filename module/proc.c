// SPDX-License-Identifier: GPL-2.0
/* The files under /proc/brkwatch: opening, reading, waiting. */
#include "brkwatch.h"

#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/uio.h>

#include "compat.h"
#include "proc.h"
#include "record.h"

/*
 * Everybody may open a number that they know. Listing the directory, which shows
 * the numbers of all pid namespaces, takes a capability that a container's root
 * need not have.
 */
#define DIR_MODE	0111
/* Access is decided at open, by access.c. */
#define FILE_MODE	0444

static struct brkwatch_reader *file_reader(struct file *file)
{
	return ((struct seq_file *)file->private_data)->private;
}

static struct brkwatch_record *open_record(struct pid *pid)
{
	struct mm_struct *mm = brkwatch_access_mm(pid, true);
	struct brkwatch_record *record;

	if (IS_ERR(mm))
		return ERR_CAST(mm);
	record = brkwatch_record_open(mm, pid);
	mmput(mm);
	return record ?: ERR_PTR(-ENOMEM);
}

static int open_reader(struct inode *inode, struct file *file, pid_t nr)
{
	brkwatch_user_t user = brkwatch_user_of(current_cred());
	struct brkwatch_reader *reader;
	int err = -ENOMEM;

	if (!brkwatch_share_take(&brkwatch_descriptors, user, 1))
		return err;
	reader = __seq_open_private(file, &brkwatch_text_ops, sizeof(*reader));
	if (!reader)
		goto err_share;
	reader->user = user;
	reader->ns = proc_pid_ns(inode->i_sb);
	mutex_init(&reader->lock);

	err = -ENOENT;
	reader->pid = brkwatch_process_get(nr, reader->ns);
	if (!reader->pid)
		goto err_reader;
	reader->record = open_record(reader->pid);
	if (IS_ERR(reader->record)) {
		err = PTR_ERR(reader->record);
		if (brkwatch_access_is_hidden(file, nr))
			err = -ENOENT;
		goto err_pid;
	}
	return 0;

err_pid:
	put_pid(reader->pid);
err_reader:
	seq_release_private(inode, file);
err_share:
	brkwatch_share_give(&brkwatch_descriptors, user, 1);
	return err;
}

static int pid_release(struct inode *inode, struct file *file)
{
	struct brkwatch_reader *reader = file_reader(file);

	if (reader->follows)
		brkwatch_follow_remove(reader->record);
	brkwatch_record_put(reader->record);
	put_pid(reader->pid);
	brkwatch_share_give(&brkwatch_descriptors, reader->user, 1);
	return seq_release_private(inode, file);
}

/*
 * A read at offset 0 takes a new snapshot; all others, short ones, pread and
 * splice continue with the last one.
 */
static ssize_t pid_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct brkwatch_reader *reader = file_reader(iocb->ki_filp);
	ssize_t ret = 0;

	if (!iov_iter_count(to))
		return 0;
	if (mutex_lock_killable(&reader->lock))
		return -EINTR;
	/* An incomplete snapshot cannot be continued. */
	if (!iocb->ki_pos || !reader->taken) {
		ret = brkwatch_snapshot_take(reader);
		reader->taken = !ret;
	}
	if (!ret)
		ret = seq_read_iter(iocb, to);
	mutex_unlock(&reader->lock);
	return ret;
}

static __poll_t pid_poll(struct file *file, poll_table *wait)
{
	struct brkwatch_reader *reader = file_reader(file);
	struct brkwatch_record *record = reader->record;
	__poll_t mask = 0;

	/* The first time, before waiting: from now on events wake pollers. */
	if (!test_and_set_bit(0, &reader->follows))
		brkwatch_follow_add(record);
	else if (READ_ONCE(record->wants_reserve))
		brkwatch_follow_reserve(record);
	poll_wait(file, &record->wait, wait);

	raw_spin_lock(&record->lock);
	if (record->history.last > reader->shown)
		mask |= EPOLLIN | EPOLLRDNORM | EPOLLPRI;
	if (record->ended)
		mask |= EPOLLIN | EPOLLHUP;
	raw_spin_unlock(&record->lock);
	return mask;
}

static const struct file_operations pid_fops = {
	.owner = THIS_MODULE,
	.read_iter = pid_read_iter,
	.splice_read = copy_splice_read,
	.llseek = no_seek_end_llseek,
	.poll = pid_poll,
	.release = pid_release,
};

/*
 * From here on procfs has nothing to do with the file, which keeps the module but
 * not the name: removing an entry releases its open files, even while they are
 * polled. A task that sleeps in here keeps the name, because removing it would wait
 * for that task.
 */
static int pid_open(struct inode *inode, struct file *file)
{
	struct brkwatch_name *name;
	pid_t nr;
	int err;

	if (!try_module_get(THIS_MODULE))
		return -ENOENT;
	/* These release the module when the file is closed. */
	replace_fops(file, &pid_fops);
	err = kstrtoint(file_dentry(file)->d_name.name, 10, &nr);
	if (err)
		return err;
	name = brkwatch_name_enter(nr);
	if (!name)
		return -ENOENT;
	err = open_reader(inode, file, nr);
	brkwatch_name_leave(name);
	return err;
}

/* Without a seek here, procfs treats the file as not seekable. */
static const struct proc_ops pid_ops = {
	.proc_open = pid_open,
	.proc_lseek = no_seek_end_llseek,
};

/* Undone by brkwatch_names_stop(). */
int brkwatch_proc_init(void)
{
	struct proc_dir_entry *dir = proc_mkdir_mode("brkwatch", DIR_MODE, NULL);

	if (!dir)
		return -ENOMEM;
	if (!proc_create("stats", FILE_MODE, dir, &brkwatch_stats_ops) ||
	    !proc_create("all", FILE_MODE, dir, &brkwatch_all_ops) ||
	    !proc_create("exited", FILE_MODE, dir, &brkwatch_exited_ops)) {
		proc_remove(dir);
		return -ENOMEM;
	}
	return brkwatch_names_start(dir, &pid_ops);
}
