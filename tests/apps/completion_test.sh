#!/bin/sh
# The completion scripts and the manual pages of a program. Argument: the program. What needs a
# shell, groff or man that is not installed is skipped.
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir -p bin 'a folder' && ln -s "$program" bin/ && PATH=$folder/bin:$PATH
touch 'a file' net.safetensors
case $name in
  reel-mnist) command=train choice=--optimizer begin=ada word=adam file=--save dir=--resume other=eval
              both='diff ' ;;
  reel-descent) command=race choice=--on begin=ros word=rosenbrock file=--out dir= other=show both= ;;
  *) echo "no checks for $name"; exit 1 ;;
esac
long=$(echo "$file" | cut -c 1-5)

# offers SHELL TEXT LINE: completing LINE, TEXT must be among the offers, one a line in out.
offers() {
  run="$1 completes '$3'"
  complete_in_$1 "$3" >out 2>err
  grep -qx -e "$2" out || fail "$run: does not offer $2"
}
# declines SHELL TEXT LINE: TEXT must not be among them.
declines() {
  run="$1 completes '$3'"
  complete_in_$1 "$3" >out 2>err
  ! grep -qx -e "$2" out || fail "$run: offers $2"
}
checks() {
  shell=$1
  offers $shell $command "$name "
  offers $shell $command "$name $(echo $command | cut -c 1-3)"
  offers $shell --version "$name --v"
  offers $shell completion "$name compl"
  declines $shell $choice "$name --"
  offers $shell $choice "$name $command --"
  offers $shell $file "$name $command $long"
  offers $shell --config "$name $other --conf"
  declines $shell $choice "$name $other --"
  offers $shell $word "$name $command $choice $begin"
  offers $shell "a file" "$name $command $file a"
  offers $shell bash "$name completion ba"
  offers $shell $command "$name man $(echo $command | cut -c 1-3)"
  declines $shell "a file" "$name $command --seed a"
  if [ -n "$both" ]; then  # a command with files as arguments
    offers $shell "a file" "$name ${both}a"
    offers $shell "a file" "$name ${both}net.safetensors a"
    offers $shell --json "$name $both--"
  fi
  declines $shell "a file" "$name $command a"
  [ -z "$dir" ] || declines $shell "a file" "$name $command $dir a"
  [ -z "$dir" ] || offers $shell "a folder/*" "$name $command $dir a"
}

# ---- bash
if command -v bash >/dev/null; then
  check 0 completion bash
  cp out bash.sh
  bash -n bash.sh || fail "$run: bash does not read it"
  function=_$(echo "$name" | tr - _)
  complete_in_bash() {  # the words of the line are split at spaces and =
    bash -c '. ./bash.sh
      read -r -a COMP_WORDS <<<"${1//=/ = }"
      [[ $1 != *" " && $1 != *= ]] || COMP_WORDS+=("")
      [[ $1 != *= ]] || unset "COMP_WORDS[-1]"
      COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
      "$2"
      printf "%s\n" "${COMPREPLY[@]}"' bash "$1" "$function"
  }
  checks bash
  offers bash $word "$name $command $choice=$begin"
  offers bash $word "$name $command $choice="
  offers bash $choice "$name $command --json --seed 3 --"
else
  echo 'skipped: no bash'
fi

# ---- fish
if command -v fish >/dev/null; then
  check 0 completion fish
  cp out fish.fish
  fish --no-execute fish.fish || fail "$run: fish does not read it"
  complete_in_fish() {
    HOME=$folder fish --no-config -c 'source fish.fish; complete -C $argv[1]' "$1" | cut -f 1
  }
  checks fish
else
  echo 'skipped: no fish'
fi

# ---- zsh
if command -v zsh >/dev/null; then
  check 0 completion zsh
  mkdir functions
  cp out "functions/_$name"
  head -n 1 out | grep -qx "#compdef $name" || fail "$run: the first line is not #compdef"
  zsh -n out || fail "$run: zsh does not read it"
else
  echo 'skipped: no zsh'
fi
refuse 2 'SHELL is "csh", expected' completion csh
refuse 2 'is required' completion

# ---- manual pages
check 0 man
grep -q '^\.TH ' out || fail "$run: no title"
refuse 2 'Hint: ' man ${command}x
[ $name != reel-mnist ] || refuse 2 'Hint: data fetch.' man fetch
mkdir pages
check 0 man --into pages
refuse 5 "$folder/none/$name.1" man --into none
for page in '' $("$program" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p'); do
  file=pages/$name${page:+-$page}.1
  [ -s "$file" ] || fail "man --into pages: no $file"
  check 0 man $page
  cmp -s out "$file" || fail "$run: another page than --into writes"
  LC_ALL=C grep -q '[^ -~]' out && fail "$run: not in ASCII"
  if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww out >rendered 2>err || fail "$run: groff fails"
    [ ! -s err ] || fail "$run: groff warns"
    [ -z "$page" ] || for option in $("$program" $page --help | grep -o '^  \(-h,\)*--[a-z-]*' | grep -o '\-\-.*'); do
      groff -man -Tascii -P-cbou out 2>/dev/null | grep -q -e " $option" || fail "$run: no $option"
    done
  fi
done
check 0 man $command
says out "REEL_SEED"
says out 'EXIT STATUS'
case $name in
  reel-mnist) argument='data fetch' about=kmnist ;;
  reel-descent) argument=show about='list' ;;
esac
check 0 man $argument
sed -n '/^\.SH ARGUMENTS/,/^\.SH OPTIONS/p' out >arguments
says arguments "$about"

finish
