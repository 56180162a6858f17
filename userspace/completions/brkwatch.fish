# SPDX-License-Identifier: GPL-2.0
# Completion for fish of the program that this file is named after: brkwatch-cli, brkwatch-top,
# brkwatch-stacks, brkwatch-plot, brkwatch-metrics, brkwatch-heap or brkwatch-malloc.

# Go on with a list with commas by one of what the function prints.
function __brkwatch_list
    set -l token (commandline -ct | string replace -r '^--[a-z-]+=' '')
    set -l head (string match -r '^.*,|^\+' -- $token)
    for line in ($argv)
        printf '%s%s\n' "$head" $line
    end
end

# Numbers with their names, or names as regular expressions, of what has an address space.
function __brkwatch_processes
    for dir in /proc/*
        string match -qr '^/proc/[0-9]+$' -- $dir; or continue
        # Kernel threads and zombies have no command line.
        read -l -z text <$dir/cmdline 2>/dev/null; and test -n "$text"; or continue
        read -l name <$dir/comm 2>/dev/null; or continue
        if test "$argv[1]" = names
            string escape --style=regex -- $name
        else
            printf '%s\t%s\n' (string replace /proc/ '' $dir) $name
        end
    end
end

function __brkwatch_kinds
    printf '%s\n' query grow shrink move same refused fork external resync end
end

function __brkwatch_columns
    printf '%s\t%s\n' \
        pid 'number of the process' \
        space 'number of the address space' \
        seq 'number of the event in its address space' \
        time_ns 'when the call ended' \
        took_ns 'how long the call took' \
        tid 'thread that called' \
        event 'what happened' \
        request 'break that was asked for' \
        old 'break before the event' \
        new 'break after the event' \
        delta_bytes 'how far the break moved' \
        delta_pages 'the same in pages' \
        reason 'why the kernel refused the request' \
        flags 'o: overlapped, v: by a vfork child, s: below a stack' \
        limit 'for a refusal: how much was allowed' \
        needed 'for a refusal: how much would have been needed' \
        start_brk 'where the heap starts' \
        heap_bytes 'size of the heap after the event' \
        note 'reason, child, thread and flags'
end

function __brkwatch_has_command
    contains -- -- (commandline -opc)
end

function __brkwatch_command
    set -l words (commandline -opc)
    set -l after (math (contains -i -- -- $words) + 1)
    complete -C (string join -- ' ' (string escape -- $words[$after..-1]) (commandline -ct))
end

function __brkwatch_wants_process
    not __brkwatch_has_command
end

set -l program (string replace .fish '' (status basename))
complete -c $program -f
complete -c $program -s o -l output -r -F -d 'Write to FILE'
complete -c $program -s h -l help -d 'Display this help'
complete -c $program -s V -l version -d 'Display the version'

if not contains $program brkwatch-metrics brkwatch-heap
    complete -c $program -s p -l pid -x -a '(__brkwatch_list __brkwatch_processes)' -d 'These processes'
    complete -c $program -l comm -x -a '(__brkwatch_processes names)' -d 'Processes whose command name matches'
    complete -c $program -l uid -x -a '(__fish_complete_users)' -d 'Processes of this user'
end
if contains $program brkwatch-cli brkwatch-top brkwatch-plot
    complete -c $program -l all -d 'All processes that you may read'
end
if contains $program brkwatch-cli brkwatch-stacks brkwatch-plot brkwatch-malloc
    complete -c $program -n __brkwatch_has_command -a '(__brkwatch_command)'
    complete -c $program -n __brkwatch_wants_process -a '(__brkwatch_list __brkwatch_processes)'
    complete -c $program -s f -l follow-forks -d 'Also follow all their descendants'
    complete -c $program -l duration -x -d 'Stop after that time'
end
if contains $program brkwatch-cli brkwatch-plot brkwatch-malloc
    complete -c $program -l input -r -F -d 'Show a recording or a copy of a file'
end
if contains $program brkwatch-cli brkwatch-stacks brkwatch-top brkwatch-heap brkwatch-malloc
    complete -c $program -l bytes -d 'Print sizes in bytes'
end
if contains $program brkwatch-cli brkwatch-stacks brkwatch-malloc
    complete -c $program -s c -l summary-only -d 'Print no events, only a table at the end'
end
if contains $program brkwatch-cli brkwatch-stacks brkwatch-top brkwatch-heap brkwatch-malloc
    complete -c $program -l json -d 'Print JSON, one object per line'
end
if contains $program brkwatch-cli brkwatch-top
    complete -c $program -l color -x -a 'auto always never' -d 'When to use colors'
end
if contains $program brkwatch-cli brkwatch-top brkwatch-malloc
    complete -c $program -s q -l quiet -d 'Print no heading'
end

switch $program
    case brkwatch-stacks
        complete -c $program -l folded -d 'Print only the call paths, for flame graph tools'
        complete -c $program -l flamegraph -r -F -d 'Also draw a flame graph, an SVG'
    case brkwatch-plot
        complete -c $program -l stacked -d 'Draw the counters of a trace, stacked'
    case brkwatch-heap
        complete -c $program -a '(__brkwatch_processes)'
        complete -c $program -l map -d 'Also draw a map of the heap'
        complete -c $program -l svg -r -F -d 'Also draw the map into a file, an SVG'
        complete -c $program -l top -x -d 'Also show the largest chunks and most common sizes'
        complete -c $program -l address -x -d 'Also show the chunk at that address'
        complete -c $program -l stacks -r -F -d 'Of the event that brought it, the stack in the file'
        complete -c $program -l watch -x -d 'Read again and again, show the changes'
        complete -c $program -l stop -d 'Stop the process while its heap is read'
    case brkwatch-metrics
        complete -c $program -l interval -x -d 'Write the file again and again'
        complete -c $program -l groups -x -d 'How many command names to show'
    case brkwatch-malloc
        complete -c $program -l regions -d 'Show what is mapped now instead of calls'
        complete -c $program -l malloc -d 'Also show which call of malloc each was made for'
        complete -c $program -l explain -d 'Explain each call in plain words'
        complete -c $program -l perfetto -r -F -d 'Also write a trace for Perfetto'
        complete -c $program -l plot -r -F -d 'Also draw what is mapped over time'
        complete -c $program -l csv -d 'Print calls as comma-separated values'
    case brkwatch-cli
        complete -c $program -l follow -d 'Print each event as it happens'
        complete -c $program -l event -x -a '(__brkwatch_list __brkwatch_kinds)' -d 'Show only these kinds'
        complete -c $program -l min-delta -x -d 'Show only events that move the break by at least SIZE'
        complete -c $program -s n -l max-events -x -d 'Stop after N events'
        complete -c $program -l until -x -a "(__brkwatch_list __brkwatch_kinds) heap\\> grown\\> shrunk\\> calls\\> refused\\>" -d 'Stop with exit status 3 when it is true'
        complete -c $program -s t -d 'Show the time of day; -tt: with microseconds; -ttt: since 1970'
        complete -c $program -s r -d 'Show the time since the previous event'
        complete -c $program -s C -l summary -d 'Print events, and the table at the end'
        complete -c $program -l explain -d 'Explain each event in plain words'
        complete -c $program -l columns -x -a '(__brkwatch_list __brkwatch_columns)' -d 'Show these columns'
        complete -c $program -l csv -d 'Print events as comma-separated values'
end
