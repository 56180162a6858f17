#!/bin/zsh -f
# Usage: complete.zsh DIR LINE
#
# What zsh offers for the end of LINE, with the completion in DIR: one word a line,
# as it was given to zsh, of which only those matter that go on with what is there.
zmodload zsh/zpty
zpty shell zsh -f -i
# Each word that is offered is printed before zsh has its say.
zpty -w shell "PROMPT=; stty -echo cols 1000; unsetopt zle_bracketed_paste; zle_bracketed_paste=(); fpath=(${(q)1} \$fpath)
autoload -Uz compinit; compinit -u -D
compadd() {
	local -a offered
	if (( \${@[(I)-[OAD]*]} )); then builtin compadd \"\$@\"; return; fi
	builtin compadd -O offered \"\$@\"
	(( ! \$#offered )) || print -rl -- '' \"offered \$IPREFIX\"\$^offered
	builtin compadd \"\$@\"
}
all_of_it() { zle complete-word; print -rl -- '' 'the''end'; }
zle -N all_of_it
bindkey '^I' all_of_it
print rea''dy"
local line
while zpty -r shell line; do
	[[ $line != *ready* ]] || break
done
zpty -n -w shell "$2"$'\t'
while zpty -r shell line; do
	line=${line//$'\r'/}
	[[ $line != *theend* ]] || break
	[[ $line != *"offered "* ]] || print -r -- "${${line##*offered }%$'\n'}"
done
zpty -d shell
