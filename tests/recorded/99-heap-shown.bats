#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# What brkwatch-heap shows beside its sums, also of what the module knows.

load heap

@test "where the module is loaded its break counts, which may be within a page" {
	local end
	does blocks 1000 1000 show
	look
	module_says "${json[brk]}"
	look
	is_malloc_s
	"$CLI" "$pid" | grep -E '^Heap .*, grown in 1,234 steps since [0-9]+\.[0-9]{6}$'
	ends
	does blocks 10 10 sbrk 1000 show
	look_in_vain "it is not malloc's"
	end=$(printf '0x%016x' $((json[brk] - page + 1000)))
	module_says "$end"
	look_in_vain "it is not malloc's"
	[ "${json[brk]}" = "$end" ]
}

@test "what pins the top is named, if it leads into a file" {
	does blocks 100 1000 object free all-but-last show
	"$CLI" "$pid" | tee said
	grep -E "^ +0x[0-9a-f]+: (an object of class shop::Basket|_ZTVN4shop6BasketE\+0x10), in .*/heapdo$" said
	# The process that reads symbols gets that file only.
	if hash strace; then
		ASAN_OPTIONS=detect_leaks=0 strace -f -o calls -e trace=openat "$CLI" "$pid"
		[ "$(grep -o '/map_files/[0-9a-f-]*' calls | sort -u | wc -l)" -eq 1 ]
	fi
	ends
	cp "$DO" stripped
	strip stripped
	begin ./stripped blocks 100 1000 object free all-but-last show
	until_true 10 says ready
	"$CLI" "$pid" | grep -E "^ +0x[0-9a-f]+ is in .*/stripped, at 0x[0-9a-f]+$"
}

@test "which event of the break brought a page, and when" {
	local start end
	does blocks 1000 1000 show
	look
	take_truth
	module_says "${json[brk]}"
	start=$((json[start_brk])) end=$((json[brk]))
	# event NUMBER OLD NEW: it lasted 500 ns
	event() { printf '%d\t12345%d0000000\t500\t77\t%s\t0x%016x\t0x%016x\t0x%016x\t%d\t%d\t-\t-\n' "$1" "$1" "$2" "$4" "$3" "$4" $(($4 - $3)) $((($4 - $3) / 4096)); }
	sed -i '/^[0-9]/d' "proc/$pid"
	{
		event 1 grow "$start" $((start + 135168))
		event 2 grow $((start + 135168)) $((start + 139265))
		event 3 grow $((start + 139265)) $((end + 8192))
		event 4 shrink $((end + 8192)) $((end - 8192))
		event 5 external $((end - 8192)) "$end"
	} >>"proc/$pid"
	# at OFFSET TEXT: where that is said of this address in the heap
	at() { "$CLI" --address "$(printf '0x%x' $((start + $1)))" "$pid" >found; cat found; grep -A1 '^Address' found | grep -E "^ +$2"; }
	at 5000 'its page was added at 1234\.510000: event 1, grow by 132 KiB, thread 77$'
	# Of a page that began with the second one's last byte.
	at 143000 'its page was added at 1234\.520000: event 2, grow by 4 KiB, thread 77$'
	at 143360 'its page was added at 1234\.530000: event 3, grow'
	# By whom is in what brkwatch-stacks --json has written.
	{
		echo '{"type":"event","seq":3}'
		echo '{"type":"stack","pid":1,"space":18,"seq":3,"time_ns":1234530000000,"frames":[{"function":"not_this"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":3,"time_ns":1234000000000,"frames":[{"function":"before_a_boot"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":3,"time_ns":1234530000000,"frames":[{"function":"brk"},{"function":"more","location":"a.c:7"}]}'
		echo '{"type":"stack","pid":1,"space":17,"seq":2,"time_ns":1234520000000,"frames":[]}'
	} >stacks
	"$CLI" --stacks stacks --address "$(printf '0x%x' $((start + 143360)))" "$pid" | tee found
	grep -A2 'event 3' found | tr -s ' \n' ' ' | grep ' brk more (a.c:7) $'
	"$CLI" --stacks stacks --address "$(printf '0x%x' $((start + 143000)))" "$pid" | grep 'stacks has no stack of that event$'
	"$CLI" --stacks none --address "$(printf '0x%x' $((start + 143000)))" "$pid" | grep 'none: No such file'
	run -2 --separate-stderr "$CLI" --stacks stacks "$pid"
	at $((end - start - 100)) 'no recorded call added its page: event 5 moved the break over it without a call$'
	sed -i -E '/^1\t/d; s/^Dropped:.*/Dropped:\t1/' "proc/$pid"
	at 5000 'its page was there before the oldest event that is kept, at 1234\.520000$'
	sed -i -E '/^[0-9]/d; s/^Dropped:.*/Dropped:\t0/' "proc/$pid"
	at 5000 'its page was there before the history begins, at 1234\.560000$'
	rm "proc/$pid"
	at 5000 'which call added its page is not known'
}

@test "brkwatch-cli says that a large heap is mostly free, or most of the memory elsewhere" {
	local which kernel_s
	cli_says() {
		look
		module_says "${json[brk]}"
		sed -i "s/^HeapBytes:.*/HeapBytes:\t$((json[brk] - json[start_brk]))/" "proc/$pid"
		ln -s "/proc/$pid" "$pid"
		"${kernel_s[@]}" "${CLI%heap}cli" "$pid" >said
		cat said
	}
	pretend PRETEND_PROC=y
	kernel_s=("${with[@]}") with=()
	for which in 20000:all-but-last 20000:every-fourth 1000:all-but-last; do
		does blocks "${which%:*}" 1000 free "${which#*:}" show
		cli_says
		run ! grep '^Elsewhere' said
		if [ "$which" = 20000:all-but-last ]; then
			grep -A1 -E '^Free +19 MiB of the heap, 19 MiB of that below a chunk in use$' said
			grep -A1 '^Free ' said | grep -E "^ +\(see brkwatch-heap $pid\)$"
		else
			grep '^Resident ' said
			run ! grep -E '^Free|brkwatch-heap' said
		fi
		ends
	done
	# Malloc maps it.
	does blocks 1 40000000 show
	cli_says
	grep -E "^Elsewhere +[34][0-9] MiB of [34][0-9] MiB resident: see brkwatch-malloc --regions $pid$" said
}

@test "the picture, the largest, common sizes, an address" {
	local tag=0
	does blocks 1001 1000 blocks 1 50000 free every-second show
	take_truth
	# What the processor ignores of a pointer.
	[[ "$(uname -m)" != @(x86_64|aarch64) ]] || tag=$((0xb << 56))
	run -0 "$CLI" --map --svg map.svg --top 3 --address "$(printf '0x%x' $((malloc[last] + 100 + tag)))" "$pid"
	echo "$output"
	[ "$(grep -cE '^0x[0-9a-f]+ [#.+^]+$' <<<"$output")" -ge 10 ]
	grep -E '^Address .* lies 116 bytes into the chunk at .*, in use\)$' <<<"$output"
	grep -A1 '^LARGEST' <<<"$output" | grep '49 KiB'
	grep -A1 '^MOST COMMON' <<<"$output" | grep -E '1008 B +5[0-9]{2}'
	run ! grep -E '^.{133}| $' <<<"$output"
	# Drawn, each field once.
	drawn map.svg 'lie below the chunk at'
	run ! grep '<title>.*not walked' map.svg
	ends
	does blocks 1000 1000 sbrk 4096 blocks 1000 1000 show
	run -1 "$CLI" --svg map.svg "$pid"
	drawn map.svg 'Not sound: the walk ended at'
	grep '<title>.*not walked' map.svg
	run -1 --separate-stderr "$CLI" --svg no/map.svg "$pid"
	[[ -z "$output" && "$stderr" == "brkwatch-heap: cannot write no/map.svg: "* ]]
}

drawn() { # FILE TEXT
	python3 -S - "$@" <<-'END'
	import sys, xml.etree.ElementTree as tree
	svg = "{http://www.w3.org/2000/svg}"
	root = tree.parse(sys.argv[1]).getroot()
	assert any(sys.argv[2] in "".join(text.itertext()) for text in root.iter(svg + "text"))
	fields = [r.attrib for r in root.iter(svg + "rect") if r.find(svg + "title") is not None and "class" not in r.attrib]
	fields = sorted((int(f["y"]) // 14 * 128 + int(f["x"]) // 7, int(f["width"]) // 7) for f in fields)
	for field, following in zip(fields, fields[1:]):
	    assert sum(field) == following[0], field
	assert 2000 < sum(fields[-1]) - fields[0][0] <= 4096
	END
}

@test "again and again, with what has changed, until it ends" {
	does blocks 100 1000 show blocks 100 1000 show
	"$CLI" --watch 0.2 "$pid" >watched 3>&- &
	local watcher=$!
	until_true 10 grep -q '^In use' watched
	goes_on
	until_true 10 grep -qE '^In use .* \(\+9[0-9] KiB\)$' watched
	kill -KILL "$pid"
	wait "$watcher"
	pid=''
	run ! grep 'Not sound' watched
	# Not for ever, if nobody waits for it.
	begin python3 -c 'import subprocess, sys; print(subprocess.Popen(["sleep", "1000"]).pid, flush=True); sys.stdin.read()'
	until_true 30 says .
	timeout 60 "$CLI" --watch 0.2 "$(cat state)" >again 3>&- &
	watcher=$!
	until_true 10 grep -q '^Heap' again
	kill -KILL "$(cat state)"
	wait "$watcher"
}
