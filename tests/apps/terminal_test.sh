#!/bin/sh
# What reel-mnist shows in terminals of several widths, in colours and without. Argument: the
# program. Skipped if there is no `script` to make a terminal.
# shellcheck source=tests/apps/small_images.sh
. "$(dirname "$0")/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

if ! script -qec true /dev/null >/dev/null 2>&1; then
  echo 'skipped: no script of util-linux'
  exit 0
fi
small_images data
escape=$(printf '\033')
return=$(printf '\r')

# in_terminal COLUMNS VARIABLES ARGUMENTS…: runs the program in a terminal, with these variables of
# the environment (none: -). What it writes goes to the file out, without the codes for colours.
in_terminal() {
  columns=$1 variables=$2
  shift 2
  [ "$variables" != - ] || variables=
  run="$variables $name $* in $columns columns"
  (
    unset COLUMNS
    TERM=xterm script -qec "stty cols $columns; env $variables '$program' $*" /dev/null </dev/null >raw
  )
  sed "s/$escape\[[0-9;]*m//g; s/$return\$//" raw >out
  : >err
}
# fits WIDTH FILE: no line, and no text that overwrites a line, is wider.
fits() {
  widest=$(tr '\r' '\n' <"$2" | LC_ALL=C.UTF-8 wc -L)
  [ "$widest" -le "$1" ] || fail "$run: a line of $widest characters"
}
plain() { ! grep -q "$escape" raw || fail "$run: colours"; }

check 0 train --data data --layers 16-8-10 --batch 8 --lr 0.5 --epochs 2 --save net
for columns in 40 80 200; do
  in_terminal $columns - eval --data data --load net
  says out 'test accuracy'
  fits $columns out
  in_terminal $columns - predict --data data --load net --count 2
  says out 'test image 1'
  grep -q "$escape" raw || fail "$run: no colours"
  fits $columns out
  in_terminal $columns - train --data data --layers 16-8-10 --batch 8 --epochs 2
  tr '\r' '\n' <out | grep '^epoch [12]/2 ' >lines
  [ "$(grep -c . lines)" -ge 2 ] || fail "$run: no progress"
  says lines 'loss '
  fits $((columns - 1)) lines
done
# ---- colours, and terminals that are none
for variables in NO_COLOR=1 TERM=dumb 'TERM='; do
  in_terminal 80 "$variables" predict --data data --load net
  plain
done
in_terminal 80 NO_COLOR=1 train --data data --layers 16-8-10 --batch 8 --epochs 2
plain
grep -q 'epoch 1/2 ' out || fail "$run: no progress"
in_terminal 80 TERM=dumb train --data data --layers 16-8-10 --batch 8 --epochs 2
! grep -q 'epoch 1/2 ' out || fail "$run: progress"

# ---- the width
in_terminal 200 COLUMNS=40 eval --data data --load net
fits 40 out
export COLUMNS=40
check 0 eval --data data --load net
fits 40 out
check 0 predict --data data --load net
fits 40 out
check 0 train --data data --layers 16-8-10 --batch 8 --epochs 1 --profile
sed -n '/^operation/,/^total/p' out >profile
says profile softmax_cross_entropy
fits 40 profile
for seed in 1 2; do
  check 0 train --data data --layers 16-8-10 --batch 8 --epochs 1 --batch-norm --seed $seed \
    --checkpoint run$seed
done
check 1 diff run1 run2
fits 40 out
check 0 compare --data data --layers 16-8-10 --batch 8 --epochs 1 --seeds 2
says out 'nesterov'
fits 40 out
export COLUMNS=60
check 0 compare --data data --layers 16-8-10 --batch 8 --epochs 1 --seeds 2
says out 'p by a paired t-test'
fits 60 out
export COLUMNS=40
for command in '' train compare eval predict export gradcheck diff verify 'data fetch'; do
  # shellcheck disable=SC2086 # a command is words
  check 0 $command --help
  grep -v '^  reel-mnist ' out >text  # without the examples
  fits 40 text
done
export COLUMNS=none
check 0 eval --data data --load net
cp out standard
unset COLUMNS
check 0 eval --data data --load net
cmp -s out standard || fail "$run: COLUMNS=none changes it"
fits 80 out

finish
