#!/bin/sh
# What a program prints with --json, and what docs/json.md says of it. Argument: the program. Skipped
# if there is no Python.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/small_images.sh
. "$here/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$here/harness.sh"

require_python
document=$here/../../docs/json.md
mkdir kinds
# is KIND [PATTERN]: the lines of out that match are of this kind; there must be one.
is() {
  grep -e "${2-}" out >>"kinds/$1" || fail "$run: prints no line of the kind '$1'"
}

case $name in
  reel-mnist)
    small_images data
    small="--data data --layers 16-8-10 --batch 8 --lr 0.1"
    check 0 train $small --epochs 2 --average 0.9 --patience 5 --checkpoint run --save net --json
    is 'train: an epoch' '"epoch":'
    is 'train: the end' '"final":'
    cp run/log.jsonl out
    is log.jsonl
    check 0 train $small --epochs 1 --validation 0 --json
    is 'train: an epoch' '"epoch":'
    is 'train: the end' '"final":'
    check 0 train $small --epochs 1 --seeds 2 --save both.net --json
    is 'train: a seed' '"seed":'
    is 'train: the mean of the seeds' '"final":'
    check 0 compare $small --epochs 2 --seeds 2 --vary activation=relu,tanh,elu --json
    is 'compare: a run' '"costs":'
    is 'compare: a setting' '"seeds":'
    is 'compare: a pair' '"first":'
    is 'compare: the end' '"final":'
    check 4 compare --data data --layers 16-8-10 --batch 8 --vary lr=1e30,1e31 --json
    is 'compare: a run' '"diverged":true'
    is 'compare: a setting' '"seeds":'
    is 'compare: the end' '"status":"diverged"'
    check 0 train $small --find-lr --json
    is 'train: rates'
    for on in test validation train; do
      check 0 eval --data data --load net --on $on --top-k 2 --json
      is eval
    done
    check 0 predict --data data --load net --count 2 --json
    is predict
    printf 'P2 4 4 255 0 0 0 0 0 255 255 0 0 255 255 0 0 0 0 0\n' >square.pgm
    check 0 predict --data data --load net square.pgm --json
    is 'predict: a file'
    check 0 gradcheck --data data --load net --json
    is gradcheck
    check 0 gradcheck --data data --layers 16-8-10 --batch-norm --dropout 0.25 --digits --json
    is 'gradcheck: digits'
    check 0 recipes --json
    is recipes
    check 0 train $small --epochs 2 --seed 2 --checkpoint other --save other.net --json
    check 0 diff run run --json
    is diff
    check 1 diff run other --json
    is diff
    check 1 diff net other.net --json
    is diff
    check 0 verify --json
    is verify
    { seq -s , 0 16; seq -s , 1 17; seq -s , 2 18; seq -s , 1 17; } >digits.csv
    for set in data digits.csv; do
      check 0 data --data $set --json
      is data
    done
    ;;
  reel-descent)
    check 0 list --json
    is list
    check 0 show 14 --json
    is show
    check 0 all --only 14,17,25 --out pictures --json
    is show '"row":'
    is 'all: the end' '"final":'
    check 0 race --methods gradient_descent:step=10,bfgs,random_search --on rosenbrock --json
    is race
    ;;
  *) echo "no checks for $name"; exit 1 ;;
esac

# ---- each command with --json has a table
"$program" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' >commands
while read -r command; do
  "$program" "$command" --help </dev/null | grep -q -e '^  --json' || continue
  find kinds -name "$command" -o -name "$command: *" | grep -q . ||
    fail "$name $command has --json, and no kind of line"
done <commands

python3 "$here/json_keys.py" "$document" "$name" kinds >wrong || fail "$(cat wrong)"

finish
