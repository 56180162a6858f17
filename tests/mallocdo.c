// SPDX-License-Identifier: GPL-2.0
/*
 * mallocdo STEP... - the experiments that explain malloc. Prints with write(2)
 * only: stdio allocates.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(const char *text)
{
	if (write(1, text, strlen(text)) < 0)
		_exit(4);
}

static void put_hex(uintptr_t value)
{
	char text[19] = "0x0000000000000000";

	for (int i = 17; i > 1; i--, value >>= 4)
		text[i] = "0123456789abcdef"[value & 15];
	put(text);
}

static void show(void)
{
	char name[32] = "/proc/brkwatch/", text[4096];
	int fd = -1, pid = getpid(), at = strlen(name);
	ssize_t n;

	for (int unit = 1000000000; unit; unit /= 10)
		if (pid >= unit)
			name[at++] = '0' + pid / unit % 10;
	for (int i = 0; i < 1000 && fd < 0; i++) {
		fd = open(name, O_RDONLY);
		if (fd < 0)
			usleep(1000);
	}
	while ((n = read(fd, text, sizeof(text))) > 0)
		if (write(1, text, n) < 0)
			_exit(4);
	if (fd < 0 || n < 0)
		_exit(3);
	close(fd);
}

int main(int argc, char **argv)
{
	void *volatile block;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "show")) {
			show();
		} else if (!strcmp(argv[i], "sbrk")) {
			uintptr_t brk = (uintptr_t)sbrk(0);

			put("sbrk ");
			put_hex(brk);
			put("\n");
		} else if (!strcmp(argv[i], "free-malloc-4")) {
			block = malloc(4);
			free(block);
		} else if (!strcmp(argv[i], "malloc-1000")) {
			block = malloc(1000);
		} else if (!strcmp(argv[i], "malloc-64-x1000")) {
			for (int n = 0; n < 1000; n++)
				block = malloc(64);
		} else if (!strcmp(argv[i], "malloc-10M")) {
			block = malloc(10 << 20);
		} else {
			return 2;
		}
	}
	return 0;
}
