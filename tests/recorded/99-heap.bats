#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# What brkwatch-heap counts is what malloc says of itself.

load heap

@test "all but the last, every second, all but the one in the middle: as mallinfo2 has it, to the byte" {
	local which
	for which in all-but-last every-second all-but-middle; do
		does blocks 5000 1000 free "$which" show
		look
		is_malloc_s
		pinned_by_last 1008
		# glibc keeps seven of a size, since 2.43 sixteen.
		((json[tcache_chunks] == 7 || json[tcache_chunks] == 16))
		((json[tcache_bytes] == 1008 * json[tcache_chunks]))
		look --stop
		is_malloc_s
		ends
	done
}

@test "all in use, all free, large and small ones, a heap that is empty" {
	does blocks 3000 40 blocks 100 100000 blocks 1 1 show free all show
	look
	is_malloc_s
	((json[tcache_bytes] == 0 && json[free_chunks] == 0))
	goes_on
	look
	is_malloc_s
	ends
	does show
	look
	((json[in_use_bytes] + json[in_use_chunks] + json[top_bytes] == 0))
	[ -z "${json[pinned_by]}" ]
}

@test "fastbins look used, without a cache of the thread, too" {
	GLIBC_TUNABLES=glibc.malloc.tcache_count=0 does blocks 1000 24 blocks 1 5000 free all-but-last show
	look
	is_malloc_s
	# There are none since glibc 2.43.
	((json[tcache_chunks] == 0 && json[in_use_chunks] >= malloc[smblks]))
}

@test "what malloc_trim gives back was said before" {
	local before after trimmable
	does blocks 1000 100000 free every-second show trim show
	look
	is_malloc_s
	trimmable=${json[trimmable_bytes]}
	[ "$trimmable" -gt $((490 * (100000 - 2 * page))) ]
	"$CLI" "$pid" | grep -E "^Resident .*; all that could be given back is still in memory$"
	before=$(resident)
	"$CLI" --bytes "$pid" | grep -E "^Resident +$before;"
	goes_on
	after=$(resident)
	[ $((before - after)) -eq "$trimmable" ]
	look
	is_malloc_s
	((json[trimmable_bytes] == trimmable))
	"$CLI" "$pid" | grep -E "^Resident .*; nothing that could be given back is in memory$"
	# Looking brings nothing in.
	[ "$(resident)" -eq "$after" ]
}

@test "with memory that malloc fills, and with another threshold for what it maps" {
	MALLOC_PERTURB_=165 does blocks 1000 100 blocks 100 5000 free every-second show
	look
	is_malloc_s
	ends
	MALLOC_MMAP_THRESHOLD_=4000 does blocks 1000 100 blocks 100 5000 free every-second show
	look
	is_malloc_s
	((json[brk] - json[start_brk] < 300000))
}

@test "what was never touched or is swapped out is not brought in" {
	local before
	# What is larger than a page is mostly not looked at.
	MALLOC_MMAP_THRESHOLD_=33554432 does reserve 3 20000000 blocks 1000 1000 reserve 1 1000000 show
	before=$(resident)
	[ "$before" -lt 4000000 ]
	look --stop
	is_malloc_s
	((json[in_use_bytes] > 62000000))
	"$CLI" --map --top 3 --address "$(printf '0x%x' $((malloc[last] + 500000)))" "$pid" | grep '^Address .*, in use)$'
	[ "$(resident)" -eq "$before" ]
	ends
	does blocks 100 100000 show
	take_truth
	pretend "PRETEND_SWAPPED=$(printf '%x' $((malloc[last] - 150000)))"
	look
	is_malloc_s
	pretend "PRETEND_SWAPPED=$(printf '%x' $((malloc[last] - 16)))"
	look_in_vain ' is swapped out, and was left there'
}

@test "the arena of a thread: as malloc_info has it" {
	does blocks 10 100 thread 2000 500 show
	look
	# Of <heap nr="1">: what is free, with the top, and what it has of the system.
	arena() { sed -n '/<heap nr="1">/,/<\/heap>/p' state | sed -nE "s/.*<$1 .*$2=\"([0-9]+)\".*/\1/p"; }
	sed -n '/<heap nr="1">/,/<\/heap>/p' state
	[ -z "${json[arenas_1_addr]-}" ]
	[ "${json[arenas_0_sound]}" = true ]
	((json[arenas_0_bytes] == $(arena 'system type="current"' size)))
	# It counts free chunks with the flag that is in their size.
	((json[arenas_0_free_bytes] + json[arenas_0_free_chunks] + json[arenas_0_top_bytes] == $(arena 'total type="rest"' size)))
	((json[arenas_0_free_chunks] + 1 == $(arena 'total type="rest"' count)))
	((json[arenas_0_in_use_chunks] >= 1000 && json[tcache_chunks] == 0))
	"$CLI" "$pid" | grep -E '^Arena .* at the top$'
	"$CLI" "$pid" | grep -E '^Note .*kept by (a thread|other threads)$'
}

@test "an arena with more than one heap" {
	does thread 2000 100000 show
	look
	[ "${json[arenas_0_sound]}" = true ]
	((json[arenas_0_heaps] >= 3))
	[ "${json[arenas_0_bytes]}" -eq "$(sed -n '/<heap nr="1">/,/<\/heap>/s/.*current" size="\([0-9]*\)".*/\1/p' state)" ]
}

@test "an arena that is not walked to its end is no success" {
	does thread 2000 500 spoil show
	run -1 --separate-stderr "$CLI" --json "$pid"
	[ "$stderr" = "brkwatch-heap: $pid: 1 of 1 arenas were not walked to their end" ]
	take_json
	[ "${json[sound]} ${json[arenas_0_sound]}" = "true false" ]
	run -1 "$CLI" "$pid"
	grep -E '^Arena .*; not walked to its end$' <<<"$output"
	run ! grep 'Not sound' <<<"$output"
}
