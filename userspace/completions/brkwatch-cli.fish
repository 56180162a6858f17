# SPDX-License-Identifier: GPL-2.0
# Completion of brkwatch-cli for fish.

# Go on with a list with commas by one of what the function prints.
function __brkwatch_cli_list
    set -l token (commandline -ct | string replace -r '^--[a-z-]+=' '')
    set -l head (string match -r '^.*,|^\+' -- $token)
    for line in ($argv)
        printf '%s%s\n' "$head" $line
    end
end

# Numbers with their names, or names as regular expressions, of what has an address space.
function __brkwatch_cli_processes
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

function __brkwatch_cli_kinds
    printf '%s\n' query grow shrink move same refused fork external resync end
end

function __brkwatch_cli_columns
    printf '%s\t%s\n' \
        pid 'number of the process' \
        space 'number of the address space' \
        seq 'number of the event in it' \
        time_ns 'when the call ended' \
        took_ns 'how long it took' \
        tid 'thread that made it' \
        event 'what happened' \
        request 'break that was asked for' \
        old 'break before' \
        new 'break after' \
        delta_bytes 'by how much it moved' \
        delta_pages 'the same in pages' \
        reason 'why a call was refused' \
        flags 'overlapping, by a vfork child' \
        limit 'of a refusal: what there may be' \
        needed 'what it would have been' \
        start_brk 'where the heap begins' \
        heap_bytes 'size of the heap after' \
        trend 'the last sizes as a picture' \
        note 'reason, child, thread and flags'
end

function __brkwatch_cli_has_command
    contains -- -- (commandline -opc)
end

function __brkwatch_cli_command
    set -l words (commandline -opc)
    set -l after (math (contains -i -- -- $words) + 1)
    complete -C (string join -- ' ' (string escape -- $words[$after..-1]) (commandline -ct))
end

function __brkwatch_cli_wants_process
    not __brkwatch_cli_has_command
end

complete -c brkwatch-cli -f
complete -c brkwatch-cli -n __brkwatch_cli_has_command -a '(__brkwatch_cli_command)'
complete -c brkwatch-cli -n __brkwatch_cli_wants_process -a '(__brkwatch_cli_list __brkwatch_cli_processes)'

complete -c brkwatch-cli -s p -l pid -x -a '(__brkwatch_cli_list __brkwatch_cli_processes)' -d 'These processes'
complete -c brkwatch-cli -l comm -x -a '(__brkwatch_cli_processes names)' -d 'Those whose command name matches'
complete -c brkwatch-cli -l uid -x -a '(__fish_complete_users)' -d 'Those of this user'
complete -c brkwatch-cli -l all -d 'All that may be looked at'
complete -c brkwatch-cli -l follow -d 'Print each event as it happens'
complete -c brkwatch-cli -s f -l follow-forks -d 'Likewise, and their children, and theirs'
complete -c brkwatch-cli -l input -r -F -d 'Read a recording or a copy of a file'
complete -c brkwatch-cli -l event -x -a '(__brkwatch_cli_list __brkwatch_cli_kinds)' -d 'Of these kinds'
complete -c brkwatch-cli -l min-delta -x -d 'That move the break by at least SIZE'
complete -c brkwatch-cli -s n -l max-events -x -d 'End after N events'
complete -c brkwatch-cli -l duration -x -d 'End after that time'
complete -c brkwatch-cli -l until -x -a "(__brkwatch_cli_list __brkwatch_cli_kinds) heap\\> grown\\> shrunk\\> calls\\> refused\\>" -d 'End, with exit status 3, when it is true'
complete -c brkwatch-cli -s t -d 'Time of day; -tt: with microseconds; -ttt: since 1970'
complete -c brkwatch-cli -s r -d 'Time since the event before'
complete -c brkwatch-cli -s c -l summary-only -d 'No events, but a table when all has ended'
complete -c brkwatch-cli -s C -l summary -d 'Events and the table'
complete -c brkwatch-cli -l explain -d 'Say in plain words what each event means'
complete -c brkwatch-cli -l columns -x -a '(__brkwatch_cli_list __brkwatch_cli_columns)' -d 'These columns'
complete -c brkwatch-cli -l color -x -a 'auto always never' -d 'When to use colors'
complete -c brkwatch-cli -l bytes -d 'Sizes as plain numbers of bytes'
complete -c brkwatch-cli -l json -d 'JSON, one object per line'
complete -c brkwatch-cli -l csv -d 'Events as comma-separated values'
complete -c brkwatch-cli -s q -l quiet -d 'Events only'
complete -c brkwatch-cli -s o -l output -r -F -d 'Write to FILE'
complete -c brkwatch-cli -s h -l help -d 'Display this help'
complete -c brkwatch-cli -s V -l version -d 'Display the version'
