#!/bin/sh
# Lets each system call of a save fail in turn: the save must end with one line and exit code 5, or
# succeed; all earlier checkpoints must stay as they were. A call that is interrupted is repeated.
# Usage: checkpoint_faults.sh PROGRAM
set -u
program=$1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

strace -f -o "$work/log" true 2>"$work/error" || {
  echo "skipped: strace cannot trace: $(cat "$work/error")"
  exit 77
}

failures=0
fail() {
  failures=$((failures + 1))
  echo "$*"
}

# A folder with checkpoint 1, which is the best, 2 and 3.
base=$work/base
"$program" save "$base" 1 best && "$program" save "$base" 2 && "$program" save "$base" 3 || exit 1
[ "$("$program" load "$base")" = "3 1" ] || fail "the folder was not made"

trial=$work/trial
new_trial() {
  rm -rf "$trial"
  cp -r "$base" "$trial"
}

# The numbers of a system call's uses, counted from the start of the program, that concern the folder.
uses_of() {
  new_trial
  strace -f -y -o "$work/log" -e trace="$1" "$program" save "$trial" 4
  grep -n "$trial" "$work/log" | cut -d: -f1
}

# inject CALL WHAT N: saves checkpoint 4 while the N-th use of the call fails.
inject() {
  new_trial
  what="$1:$2:when=$3"
  strace -f -o "$work/log" -e trace="$1" -e inject="$what" "$program" save "$trial" 4 2>"$work/error"
  code=$?
  trials=$((trials + 1))
}

# The earlier checkpoints are as they were, and the folder has checkpoint $1, or else $2, as the
# newest. No unfinished file is left.
check_folder() {
  for file in "$base"/*; do
    cmp -s "$file" "$trial/${file##*/}" || fail "$what: ${file##*/} has changed"
  done
  loaded=$("$program" load "$trial")
  [ "$loaded" = "$1 1" ] || [ "$loaded" = "$2 1" ] || fail "$what: loaded \"$loaded\""
}
check_no_leftover() {
  [ -z "$(find "$trial" -name '.reel-*')" ] || fail "$what: an unfinished file is left"
}

# The file is synced before it gets its name, and the folder afterwards.
new_trial
strace -f -y -o "$work/log" -e trace=fsync,rename "$program" save "$trial" 4
order=$(sed -E "s|^[0-9]* *||; s|\.reel-[0-9]*-[0-9]*|UNFINISHED|g; s|[0-9]+<$trial|<FOLDER|; s|\(\".*|()|" "$work/log" |
  grep -E '^(fsync|rename)' | sed 's/ *=.*//')
[ "$order" = "fsync(<FOLDER/UNFINISHED.tmp>)
rename()
fsync(<FOLDER>)" ] || fail "the order of a save: $order"

trials=0
for call in write fsync rename openat mkdir close; do
  uses=$(uses_of $call)
  [ -n "$uses" ] || fail "a save has no call of $call"
  for n in $uses; do
    for error in EIO ENOSPC; do
      inject $call error=$error "$n"
      if [ $code -eq 5 ]; then
        [ "$(wc -l <"$work/error")" -eq 1 ] || fail "$what: several lines: $(cat "$work/error")"
        grep -Eq "^\[[a-z]+\] $trial.*(Input/output error|No space left on device)\.$" "$work/error" ||
          fail "$what: $(cat "$work/error")"
        check_folder 3 4
        check_no_leftover
      elif [ $code -eq 0 ] && [ $call = close ]; then  # of a folder that was only read
        [ "$("$program" load "$trial")" = "4 1" ] || fail "$what: checkpoint 4 is not there"
      else
        fail "$what: exit code $code"
      fi
    done
    inject $call error=EINTR "$n"
    if [ $call = mkdir ]; then continue; fi
    [ $code -eq 0 ] || fail "$what: exit code $code: $(cat "$work/error")"
    [ "$("$program" load "$trial")" = "4 1" ] || fail "$what: checkpoint 4 is not there"
  done
done

# The last call of fsync is that of the folder: the new checkpoint is there.
for n in $(uses_of fsync | tail -n 1); do
  inject fsync error=EIO "$n"
  check_folder 4 4
  inject fsync error=EINVAL "$n"  # a file system that cannot sync folders
  [ $code -eq 0 ] || fail "$what: exit code $code"
done

# A program that dies leaves an unfinished file, which the next save removes.
for call in write fsync rename; do
  for n in $(uses_of $call); do
    inject $call signal=KILL "$n"
    [ $code -eq 137 ] || fail "$what: exit code $code"
    check_folder 3 4
    "$program" save "$trial" 5 || fail "$what: the next save failed"
    [ "$("$program" load "$trial")" = "5 1" ] || fail "$what: checkpoint 5 is not there"
    check_no_leftover
  done
done

# Old checkpoints that cannot be deleted are deleted after the next save.
for n in $(uses_of unlink,unlinkat,rmdir | head -n 1); do
  inject unlink,unlinkat error=EIO "$n"
  [ $code -eq 0 ] || fail "$what: exit code $code"
  "$program" save "$trial" 5
  [ "$(ls "$trial" | wc -l)" -eq 3 ] || fail "$what: $(ls "$trial") are left"
done

echo "$trials calls failed, and $failures of the checks"
[ "$trials" -ge 30 ] || fail "too few calls"
[ "$failures" -eq 0 ]
