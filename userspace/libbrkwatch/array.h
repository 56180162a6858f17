/* SPDX-License-Identifier: GPL-2.0 */
#pragma once

#include <stdbool.h>
#include <stdlib.h>

/* Room for one more than @n elements, by doubling. @place is the address of the array. */
static inline bool array_grow(void *place, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : 16;
	void *bigger;

	if (n < *room)
		return true;
	bigger = reallocarray(*(void **)place, more, size);
	if (!bigger)
		return false;
	*(void **)place = bigger;
	*room = more;
	return true;
}

/* False: no memory; then the array is as before. */
#define array_room(array, n, room)	array_grow(&(array), n, room, sizeof(typeof(*(array))))
