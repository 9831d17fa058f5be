#!/bin/sh
# reel-mnist compare. Argument: the program. Without Python, the last part is skipped.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/small_images.sh
. "$here/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$here/harness.sh"

small_images data
small="--data data --layers 16-8-10"

# ---- which runs there are: those of train
weights() { sed 's/.*"weights":"\([^"]*\)".*/\1/'; }
check 0 compare $small --lr 0.1 --epochs 2 --seeds 3 --vary batch=8,16,32 --json
[ "$(grep -c '' out)" = 16 ] || fail "$run: not 9 runs, 3 settings, 3 pairs and an end"
cp out runs
for of in '1 8' '2 16' '3 32'; do
  seed=${of% *} batch=${of#* }
  check 0 train $small --lr 0.1 --epochs 2 --json --batch "$batch" --seed "$seed"
  wanted=$(tail -n 1 out | weights)
  found=$(grep "\"setting\":\"$batch\",.*\"seed\":$seed," runs | weights)
  [ "$found" = "$wanted" ] || fail "compare: seed $seed of batch $batch is not the run of train"
done
check 0 compare $small --batch 8 --epochs 1 --seeds 2
for method in adagrad rmsprop nesterov adadelta adam; do says out "optimizer $method: cost "; done
check 0 compare --data data --batch 8 --epochs 1 --seeds 2 --vary layers=16-4-10,16-8-10
says out '16-4-10 − 16-8-10 '

# ---- settings that diverge
check 0 compare $small --batch 8 --epochs 2 --seeds 2 --vary lr=0.1,1e30
says out 'seed 1, lr 1e30: diverged in epoch 1'
says out 'The tests leave out lr 1e30'
grep -q '^1e30 *diverged *with [12] of 2 seeds' out || fail "$run: no row of what diverged"
if grep -q '^difference' out; then fail "$run: a test of one setting"; fi
check 4 compare $small --batch 8 --epochs 2 --seeds 2 --vary lr=1e31,1e30
says out 'with 1 of 2 seeds'
says err 'the loss of every lr was no longer finite'

# ---- data that cannot be read any more: the rounds before are compared all the same
cp -r data cut
"$program" compare --data cut --layers 16-8-10 --batch 8 --epochs 200 --stream --seeds 1000 \
  --vary lr=0.1,0.2 --plot cut.svg >out 2>err </dev/null &
process=$! tries=0
run='reel-mnist compare --stream, train images cut short'
until grep -q '^seed 3' out || [ $tries = 400 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
truncate -s 20 cut/train-images-idx3-ubyte
code=0; wait $process || code=$?
[ $code = 3 ] || fail "$run: exit code $code, expected 3"
says out 'p by a paired t-test'
says out 'Drawn in cut.svg'

# ---- mistakes
refuse 2 'Hint: lr' compare $small --vary rl=0.1,0.2
refuse 2 'two values' compare $small --vary lr=0.1
refuse 2 'a value is missing' compare $small --vary lr=0.1,,0.2
refuse 2 'a value is missing' compare $small --vary lr=0.1,0.2,
refuse 2 'twice' compare $small --vary lr=0.1,0.1
refuse 2 '"1e-1" is there twice' compare $small --vary lr=0.1,0.2,1e-1
refuse 2 'NAME=VALUE' compare $small --vary lr
refuse 2 'above 0' compare $small --vary lr=0.1,many
refuse 2 'seed' compare $small --vary seed=1,2
refuse 2 'seeds' compare $small --seeds 1
refuse 2 '[lr] it has no effect with --vary lr' compare $small --vary lr=0.1,0.2 --lr 0.3
refuse 2 'no effect with --vary optimizer' compare $small --optimizer adam
refuse 2 'lr-end] it has no effect with --schedule constant' compare $small --lr-end 0.1
refuse 2 'lr-end] it has no effect with --schedule constant' \
  compare $small --vary schedule=cosine,constant --lr-end 0.1
refuse 2 'no effect without --elastic' compare $small --elastic-sigma 3
refuse 2 'monitor] it has no effect' compare $small --monitor accuracy
refuse 2 'adam has no momentum' compare $small --vary optimizer=sgd,adam --batch 8 --momentum 0.9
[ ! -s out ] || fail "$run: trained before it found the mistake"
refuse 2 'Hint: "x.svg"' compare $small --plot x.png
finish

# ---- the numbers: computed again from the runs
require_python
contest="$small --batch 8 --epochs 4 --seeds 5 --vary lr=0.3,0.5,1e30,0.02"
check 0 compare $contest --json --plot compared.svg
cp out compared.json
check 0 compare $contest
python3 "$here/check_comparison.py" compared.json out compared.svg >wrong || fail "$(cat wrong)"
finish
