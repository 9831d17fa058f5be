#!/bin/sh
# reel-mnist train: schedules, optimisers, losses, early stopping, averages, checkpoints, seeds; and
# diff and verify. Argument: the program.
# shellcheck source=tests/apps/small_images.sh
. "$(dirname "$0")/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

value() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2" | tail -n 1; }
weights_of() { value weights "$1"; }
newest() { find "$1" -name 'checkpoint-*' | sort | tail -n 1; }

small_images data
small="--data data --layers 16-8-10 --batch 8 --lr 0.1"

# ---- each option changes the run, and the same options give the same run
check 0 train $small --epochs 2 --json
plain=$(weights_of out)
[ -n "$plain" ] || fail "$run: no fingerprint"
check 0 train $small --epochs 2 --json
[ "$(weights_of out)" = "$plain" ] || fail "$run: another fingerprint"
check 0 train $small --epochs 2
says out "$(echo "$plain" | tr -d '"')"
for option in '--schedule cosine' '--schedule linear' '--schedule step' '--schedule exponential' \
  '--schedule restarts' '--schedule one-cycle' '--warm-up 0.5' '--optimizer momentum' \
  '--l2 0.01' '--weight-decay 0.01' '--clip-norm 0.1' '--accumulate 2' '--init he_normal' \
  '--label-smoothing 0.1' '--average 0.5' '--seed 2' '--batch 16'; do
  check 0 train $small --epochs 2 --json $option
  [ "$(weights_of out)" != "$plain" ] ||
    fail "$run: the same weights as without the option"
done
for option in '--shift 1' '--rotate 10' '--scale 0.1' '--shear 10' '--elastic 20' '--flip 0.5' \
  '--erase 0.5'; do
  check 0 train $small --epochs 2 --json $option
  [ "$(weights_of out)" != "$plain" ] || fail "$run: the same weights as without the option"
done
check 0 train $small --epochs 2 --json --elastic 20
first=$(weights_of out)
check 0 train $small --epochs 2 --json --elastic 20 --elastic-sigma 2
[ "$(weights_of out)" != "$first" ] || fail "$run: σ has no effect"
for option in '--momentum 0.5' '--dampening 0.5 --momentum 0.5' '--nesterov 1 --momentum 0.5'; do
  check 0 train $small --epochs 1 $option
done
for option in '--beta1 0.5' '--beta2 0.5' '--eps 0.1' '--amsgrad 1'; do
  check 0 train $small --epochs 2 --json --optimizer adam
  other=$(weights_of out)
  check 0 train $small --epochs 2 --json --optimizer adam $option
  [ "$(weights_of out)" != "$other" ] || fail "$run: the same weights as without the option"
done
refuse 2 'sgd has no beta1' train $small --beta1 0.5
refuse 2 momentum train $small --optimizer adam --momentum 0.5
refuse 2 schedule train $small --schedule cosinus
refuse 2 warm-up train $small --warm-up 11
refuse 2 warm-up train $small --warm-up -1
refuse 2 'he_normal' train $small --init he
refuse 2 label-smoothing train $small --label-smoothing 1.5
refuse 2 clip-norm train $small --clip-norm 0
refuse 2 accumulate train $small --accumulate 0
refuse 2 class-weights train $small --class-weights equal
refuse 2 average train $small --average 1.5
refuse 2 '--average is "1", expected a number above 0 and below 1' train $small --average 1
refuse 2 '--down is "0", expected a number above 0' train $small --optimizer rprop --down 0
refuse 2 '--up is "1", expected a finite number above 1' train $small --optimizer rprop --up 1
refuse 2 '--elastic-sigma is "1e-9", expected a number from 1 to 1e+06' \
  train $small --elastic 3 --elastic-sigma 1e-9
refuse 2 '--lr-factor is "2", expected' train $small --schedule step --lr-factor 2
refuse 2 '100,000 images in a batch are more than the 54 to train on' train $small --batch 100000
refuse 2 'sgd has no momentum-decay' train $small --momentum-decay 1
refuse 2 'no effect with --validation 0' train $small --monitor accuracy --validation 0
refuse 2 'Hint: "x.svg"' train $small --plot x.JPG
refuse 2 rotate train $small --rotate -1
refuse 2 flip train $small --flip 2
refuse 3 'no samples of "3"' train $small --class-weights balanced
cp -R data uneven
{ bytes 0 0 8 1; size 60; i=0; while [ $i -lt 60 ]; do bytes $((i % 20 % 11 % 10)); i=$((i + 1)); done; } \
  >uneven/train-labels-idx1-ubyte
check 0 train $small --data uneven --epochs 2 --json
other=$(weights_of out)
check 0 train $small --data uneven --epochs 2 --json --class-weights balanced
[ "$(weights_of out)" != "$other" ] || fail "$run: the same weights as without the option"

# ---- huge losses stay in their column
check 0 train $small --epochs 2 --lr 1e6
sed -n '/^epoch/,/^$/p' out | grep . >table
grep -q 'e+' table || fail "$run: no huge loss"
[ "$(awk '{ print length }' table | sort -u | grep -c '')" = 1 ] || fail "$run: lines of several widths"

# ---- early stopping and averages
check 0 train $small --epochs 200 --patience 3 --monitor accuracy --json --lr 1
stopped=$(value epochs out)
[ "$stopped" -lt 200 ] || fail "$run: it did not stop"
says out '"status":"stopped early"'
says out '"best_epoch":1'
first=$(sed -n 1p out | sed 's/.*"weights":\("[^"]*"\).*/\1/')
[ "$(weights_of out)" = "$first" ] || fail "$run: not the weights of the best epoch"
check 0 train $small --epochs 200 --patience 3 --monitor accuracy --lr 1
says out 'no better accuracy of validation in 3 epochs'
tr '\n' ' ' <out | grep -q 'The weights are the best ones, of epoch 1\.' || fail "$run: does not say which weights"
refuse 2 patience train $small --patience 0
refuse 2 'validation' train $small --patience 3 --validation 0
refuse 2 'validation' train $small --schedule plateau --validation 0
check 0 train $small --epochs 3 --average 0.9 --json --save averaged
says out '"averaged_test_accuracy":'
says out '"averaged_validation_loss":'
averaged=$(value test_loss out)
check 0 eval --data data --load averaged --json
[ "$(value test_loss out)" = "$averaged" ] || fail "$run: --save wrote other weights than reported"

# ---- checkpoints
check 0 train $small --epochs 4 --dropout 0.2 --average 0.9 --patience 9 --schedule cosine \
  --checkpoint whole --save whole.net
[ "$(grep -c '' whole/log.jsonl)" = 4 ] || fail "$run: not a line of the log for each epoch"
[ "$(find whole -name 'checkpoint-*' | grep -c '')" -le 3 ] || fail "$run: more than three checkpoints"
[ "$(find whole | grep -c '')" -le 5 ] || fail "$run: other files in the folder"
check 0 train --resume whole --json
says out '"status":"finished"'
cp whole.net again.net
check 0 train --resume whole
cmp -s whole.net again.net || fail "$run: a finished run changed its weights"
refuse 3 "$folder/nowhere" train --resume nowhere
mkdir empty
refuse 3 "$folder/empty" train --resume empty
refuse 2 'would change the run' train --resume whole --lr 0.2
refuse 2 'would change the run' train --resume whole --epochs 5
refuse 2 '--batch 64 would change the run, which has 8' train --resume whole --batch 64
refuse 2 '--seed 2 would change the run, which has 1' train --resume whole --seed 2
refuse 2 '--l2 0.1 would change the run, which has no value for it' train --resume whole --l2 0.1
check 0 train --resume whole --threads 1 --label-smoothing 0 --seed 01 --lr 0.10 --dropout 0.2 \
  --batch-norm=false --init uniform --checkpoint ./whole
refuse 2 "--checkpoint names another, $folder/elsewhere" train --resume whole --checkpoint elsewhere
[ ! -e elsewhere ] || fail "$run: made a folder"
refuse 2 '--recipe gives it others' train --resume whole --recipe case-study
refuse 3 "$folder/$(newest whole): is a file. Hint: the folder" train --resume "$(newest whole)"
# a whole number is decimal, also with a zero in front of it
check 0 train $small --epochs 010 --json
says out '"epochs":10,'
mkdir other
images 60 >other/train-images-idx3-ubyte
{ bytes 0 0 8 1; size 60; i=0; while [ $i -lt 60 ]; do bytes $(((i + 1) % 3)); i=$((i + 1)); done; } >other/train-labels-idx1-ubyte
images 30 >other/t10k-images-idx3-ubyte
labels 30 >other/t10k-labels-idx1-ubyte
refuse 3 'other images' train --resume whole --data other

# A network that learnt nothing: the labels to test with are others than those to train on.
for seeds in 1 2; do
  worse="--data other --layers 16-8-10 --batch 8 --lr 0.5 --epochs 20 --seeds $seeds"
  # shellcheck disable=SC2086
  check 0 train $worse
  says out 'Hint: this is hardly better than guessing'
  # shellcheck disable=SC2086
  check 0 train $worse --json
  says err 'Hint: this is hardly better than guessing'
done
sed 's/16-8-10/16-x-10/' "$(newest whole)" >cut
refuse 3 'cut: the settings in it are damaged' eval --data data --load cut
cp -R whole damaged
file=$(newest damaged)
head -c 500 "$file" >cut
mv cut "$file"
refuse 3 "$(basename "$file")" train --resume damaged
says err 'Hint'
refuse 5 checkpoint train $small --checkpoint data/train-labels-idx1-ubyte
check 0 train $small --epochs 1 --checkpoint deep/er/run
[ -s deep/er/run/log.jsonl ] || fail "$run: no log"

# A run is continued from another folder, without the file that its weights came from, and by one
# process at a time.
check 0 train $small --epochs 1 --save begin.net
check 0 train $small --load begin.net --epochs 2 --checkpoint moved --save moved.net
cp moved.net kept.net
rm begin.net moved.net
run='reel-mnist train --resume from another folder'
mkdir away
(cd away && "$program" train --resume ../moved) >out 2>err || fail "$run: failed"
cmp -s kept.net moved.net || fail "$run: other weights, or elsewhere"
refuse 2 load train --resume moved --load kept.net
check 0 train $small --epochs 1 --checkpoint moved2 --json
rm moved2/log.jsonl
check 0 train --resume moved2 --json --plot again.svg
says out '"train_loss":'
says out '"validation_accuracy":'
[ -s moved2/log.jsonl ] || fail "$run: no log"
grep -q 'mean cross-entropy' again.svg || fail "$run: an empty picture"
grep -q '<circle\|<path' again.svg || fail "$run: an empty picture"
"$program" train $small --epochs 1000000000 --checkpoint busy >busy.out 2>&1 </dev/null &
process=$!
tries=0
until [ -n "$(newest busy 2>/dev/null)" ] || [ $tries = 200 ]; do
  sleep 0.05
  tries=$((tries + 1))
done
refuse 5 'another process uses' train --resume busy
kill -s TERM $process
wait $process

# Checkpoints come between the steps of several batches, too.
check 0 train $small --epochs 1 --accumulate 4 --checkpoint often --checkpoint-every 2
[ "$(find often -name 'checkpoint-*-batch-4.*' | grep -c '')" = 1 ] || fail "$run: no checkpoint"

# The weights of a run: the best, or the averages, as --save writes them.
for weights in '--patience 3 --monitor accuracy' '--average 0.9' '--average 0.9 --patience 3' ''; do
  rm -rf of_run
  # shellcheck disable=SC2086
  check 0 train $small --lr 1 --epochs 4 $weights --checkpoint of_run --save of_run.net
  check 0 eval --data data --load of_run.net --json
  wanted=$(value test_loss out)
  check 0 eval --data data --load of_run --json
  [ "$(value test_loss out)" = "$wanted" ] || fail "$run: not the weights of --save ($weights)"
  check 0 eval --data data --load "$(newest of_run)" --json
  [ "$(value test_loss out)" = "$wanted" ] || fail "$run: not the weights of --save ($weights)"
  check 0 eval --data other --load of_run
  says err 'the network was trained on data, and these images are other'
done
refuse 3 'no checkpoint' eval --data data --load empty

# plateau lowers the rate when the accuracy is always the same
check 0 train $small --lr 1e-7 --epochs 5 --schedule plateau --lr-every 1 --monitor accuracy --json
says out '"lr":1e-08'
refuse 2 'warm-up' train $small --schedule plateau --warm-up 1
for option in '--lr-end 0.1' '--lr-every 2' '--lr-factor 0.5' '--elastic-sigma 3' \
  '--checkpoint-every 3' '--find-lr --save x' '--seeds 2 --summary'; do
  # shellcheck disable=SC2086
  refuse 2 'no effect' train $small $option
done

check 0 train $small --epochs 1 --save first.net
refuse 2 'no effect with --load' train $small --load first.net --init he_normal

# A system call of a checkpoint that fails: one line, exit code 5, and the run can be continued from
# the checkpoint before. A call that is interrupted is repeated.
if strace -f -o trace true 2>/dev/null; then
  faulty() {  # faulty EXIT_CODE INJECTION
    rm -rf fault
    run="reel-mnist train --checkpoint under strace, $2"
    # the search for leaks cannot run in a process that is traced
    ASAN_OPTIONS=detect_leaks=0 strace -f -o trace -e trace=fsync,rename,write -e "inject=$2" "$program" train $small \
      --epochs 4 --checkpoint fault --save fault.net >out 2>err </dev/null
    code=$?
    [ $code = "$1" ] || fail "$run: exit code $code, expected $1"
    [ "$1" = 0 ] || [ "$(grep -c '' err)" = 1 ] || fail "$run: expected one line on stderr"
    [ -z "$(find fault -name '.reel-*')" ] || fail "$run: an unfinished file is left"
    [ -n "$(newest fault)" ] || return
    "$program" train --resume fault --save fault.net >out 2>err </dev/null ||
      fail "$run: cannot be resumed"
    cmp -s fault.net never.net || fail "$run: the resumed run ended with other weights"
  }
  check 0 train $small --epochs 4 --save never.net
  for n in 1 2 3 4 5 6; do
    faulty 5 "fsync:error=EIO:when=$n"
    faulty 5 "rename:error=ENOSPC:when=$n"
  done
  faulty 0 'fsync:error=EINTR:when=1..4'
  faulty 0 'rename:error=EINTR:when=1..4'
else
  echo 'skipped: strace cannot trace'
fi

# ---- seeds
check 0 train $small --epochs 2 --seeds 3
says out '95 % interval'
[ "$(grep -c '^ *[123]  ' out)" = 3 ] || fail "$run: not a line for each seed"
check 0 train $small --epochs 2 --seeds 3 --json
[ "$(grep -c '' out)" = 4 ] || fail "$run: not a line for each seed and one more"
[ "$(sed -n 1p out | sed 's/.*"weights":\("[^"]*"\).*/\1/')" = "$plain" ] ||
  fail "$run: the first seed is not the run of that seed"
says out '"test_accuracy":{"mean":'
check 4 train $small --epochs 2 --seeds 3 --lr 1e38
[ "$(grep -c '^ *[123]  diverged in epoch [12]$' out)" = 3 ] || fail "$run: not a line for each seed"
! grep -q 'Mean' out || fail "$run: a mean of runs that diverged"
says err 'with 3 of 3 seeds'
check 4 train $small --epochs 2 --seeds 2 --lr 1e38 --json
[ "$(grep -c '"diverged":true' out)" = 2 ] || fail "$run: not a line for each seed"
says out '"status":"diverged","seeds":2,"diverged":2}'
for option in '--report x.html' '--plot x.svg' '--checkpoint run'; do
  refuse 2 'with --seeds' train $small --seeds 2 $option
done

# the networks of all seeds together are one network
check 0 train $small --epochs 2 --seeds 3 --batch-norm --dropout 0.2 --save three.net
says out 'Together'
says out 'Saved to three.net as 16-24-10'
check 0 train $small --epochs 2 --seeds 3 --batch-norm --dropout 0.2 --save again.net --json
says out '"saved":"again.net"'
cmp -s three.net again.net || fail "$run: another ensemble"
accuracy=$(value together_accuracy out) loss=$(value together_loss out)
for seed in 1 2 3; do
  [ "$(sed -n "${seed}p" out | sed 's/.*"test_loss":\([^,}]*\).*/\1/')" != "$loss" ] ||
    fail "$run: together they have the loss of seed $seed"
done
check 0 eval --data data --load three.net --json
[ "$(value test_accuracy out)" = "$accuracy" ] || fail "$run: not the accuracy of train --seeds"
awk "BEGIN { d = $(value test_loss out) / $loss - 1; exit !(d < 1e-5 && d > -1e-5) }" ||
  fail "$run: not the loss of train --seeds"
for columns in 40 44 48 52 56 60 64 68 72 76 80; do
  COLUMNS=$columns check 0 eval --data data --load three.net
  ! grep -q '^%' out || fail "$run: at $columns columns, a % sign without its number"
done
refuse 3 'without --seeds' eval --data data --load three.net --on train
check 0 predict --data data --load three.net --index 0
wide="--data data --batch 8 --save wide.net"
refuse 2 'with 2000000 units in a layer' train $wide --layers 16-2000-10 --seeds 1000
refuse 2 'weights, more than' train $wide --layers 16-2000-2000-10 --seeds 20
# the only hidden unit of seed 4 is 0 for all images, so its gradient is bounded
check 4 train --data data --layers 16-1-10 --batch 8 --epochs 1 --lr 1e36 --seed 4 --seeds 2 --save diverged.net
says err 'with 1 of 2 seeds'
says err 'diverged.net was not written'
[ ! -e diverged.net ] || fail "$run: a file of networks that diverged"
check 5 train $small --epochs 1 --seeds 2 --save /dev/full
says out 'Together'
says err 'full'

# Runs train --seeds in the background until rows are printed, then does COMMAND, and waits.
until_rows() {  # until_rows ROWS EXIT_CODE COMMAND ARGUMENTS…
  rows=$1 expected=$2 command=$3
  shift 3
  run="reel-mnist $* and, after $rows rows, $command"
  : >out
  "$program" "$@" >out 2>err </dev/null &
  process=$! tries=0
  until [ "$(grep -c '^ *[0-9]*  ' out)" -ge "$rows" ] || [ $tries = 400 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  eval "$command"
  code=0; wait $process || code=$?
  [ $code = "$expected" ] || fail "$run: exit code $code, expected $expected"
}
finished() { grep -c '^ *[0-9][0-9]*  *200 ' out; }
long="$small --epochs 200 --seeds 1000"
# shellcheck disable=SC2086 # options are words
until_rows 3 143 'kill -s TERM $process' train $long --save part.net
says out "Saved to part.net as 16-$((8 * $(finished)))-10"
check 0 eval --data data --load part.net
# shellcheck disable=SC2086
until_rows 0 143 'sleep 0.3; kill -s TERM $process' train $small --epochs 100000000 --seeds 2 --save none.net
[ ! -e none.net ] || fail "$run: a file of no network"
cp -r data cut
small_long="--data cut --stream --layers 16-8-10 --batch 8 --epochs 200 --seeds 1000"
# shellcheck disable=SC2086
until_rows 3 3 'truncate -s 20 cut/train-images-idx3-ubyte' train $small_long --save cut.net
says out "Saved to cut.net as 16-$((8 * $(finished)))-10"

# ---- evaluation on the parts of the training images
check 0 train $small --epochs 2 --validation 0.25 --seed 3 --save split.net --json
cp out trained
check 0 eval --data data --load split.net --on validation --json
for key in validation_accuracy validation_loss; do
  [ "$(value $key out)" = "$(sed -n 2p trained | sed "s/.*\"$key\":\([^,}]*\).*/\1/")" ] ||
    fail "$run: not the $key of train"
done
says out '"on":"validation","images":15,'
check 0 eval --data data --load split.net --on train --json
says out '"on":"train","images":45,'
says out '"train_loss":'
check 0 eval --data data --load split.net --json --top-k 1
for key in test_accuracy test_loss calibration_error; do
  [ "$(value $key out)" = "$(value $key trained)" ] || fail "$run: not the $key of train"
done
[ "$(value top_k_accuracy out)" = "$(value test_accuracy out)" ] || fail "$run: not the accuracy"
check 0 eval --data data --load split.net --top-k 10
says out 'top-10 accuracy 100.00 %'
says out 'calibration'
refuse 2 'top-k' eval --data data --load split.net --top-k 11
refuse 2 'top-k' eval --data data --load split.net --top-k 0
refuse 2 'Hint: test.' eval --data data --load split.net --on tests
check 0 train $small --epochs 1 --validation 0 --save all.net
check 0 eval --data data --load all.net --on train
says out '60 training images'
refuse 2 '--validation 0' eval --data data --load all.net --on validation
for spoilt in 's/"validation":"0.25"/"validation":"1.25"/' 's/"seed":"3"/"seed":"-"/'; do
  sed "$spoilt" split.net >spoilt
  refuse 3 'its metadata names the seed' eval --data data --load spoilt
done

# ---- the search for a rate
check 0 train $small --find-lr --plot rates.svg
says out 'most steeply at'
grep -q '</svg>' rates.svg || fail "$run: no picture"
check 0 train $small --find-lr --json
says out '"suggestion":'

# ---- a network that has learnt nothing, and a summary
check 0 train --data data --layers 16-8-10 --batch 8 --lr 1e-9 --epochs 1
says out 'Hint'
check 0 train $small --epochs 1 --summary
says out '136'
refuse 2 SVG train $small --plot curves.png
check 0 train $small --epochs 1 --save named
copy_name=$(basename "$folder/data")
cp -R data elsewhere
check 0 eval --data elsewhere --load named
says err "$copy_name"

# ---- recipes
check 0 recipes
for recipe in case-study fast simard deep fashion; do says out "$recipe"; done
! grep -q ': ,\|, $' out || fail "$run: a recipe without a result or a time"
refuse 2 'Hint: simard' train --recipe simrad
refuse 2 784 train --recipe fast --data data --batch 8

# ---- diff
check 0 train $small --epochs 3 --checkpoint a --save a.net
check 0 train $small --epochs 3 --checkpoint b --save b.net
check 0 diff a b
says out 'equal in all 3 epochs'
check 0 diff a.net b.net
check 0 train $small --epochs 3 --checkpoint c --save c.net --schedule step --lr-every 2
check 1 diff a c
says out 'differ first in epoch 3'
says out '0.weight'
check 1 diff a.net c.net --json
says out '"equal":false'
says out '"tensors":["0.weight","0.bias","2.weight","2.bias"]'
{ head -c -4 a.net; printf '\000\000\300\177'; } >nan.net
check 0 diff nan.net nan.net
check 1 diff a.net nan.net
says out 'differs in 1 of 10 numbers, and one of the two is NaN'
sed 's/"activation":"relu"/"activation":"silu"/' a.net >silu.net
check 1 diff a.net silu.net
says out 'The metadata activation is "relu" and "silu".'
check 1 diff a.net silu.net --json
says out '"tensors":[],"metadata":["activation"]'
check 0 train $small --epochs 1 --checkpoint short
check 0 diff short short
says out 'equal in 1 epoch.'
mkdir begun
: >begun/log.jsonl
refuse 3 "$folder/begun/log.jsonl: the run has not finished an epoch" diff begun begun
refuse 2 folder diff a a.net
refuse 3 "$folder/nothing: no such file or folder" diff a nothing
refuse 3 "$folder/nothing" diff nothing a.net
echo broken >>b/log.jsonl
refuse 3 'line 4' diff a b

mkdir bad
for line in '{"epoch":1}' '{"epoch":1,"tensors":["a"]}' '{"epoch":1,"tensors":[["a",1]]}' '[]'; do
  echo "$line" >bad/log.jsonl
  refuse 3 "$folder/bad/log.jsonl: line 1 is not what" diff bad bad
done

# ---- verify
check 0 verify
says out 'published'
check 0 verify --json --threads 1
first=$(value trusted out) one=$(grep -o '"weights":.*' out)
[ "$first" = true ] || fail "$run: not trusted"
check 0 verify --json --threads 2
[ "$(grep -o '"weights":.*' out)" = "$one" ] || fail "$run: other weights on two threads"
# With other kernels the bits are others. They are published for g++ 12 and Debian 12's libraries.
for kernels in Haswell Zen; do
  for instructions in AVX2 AVX512_CORE; do
    grep -qw avx2 /proc/cpuinfo || continue
    env OPENBLAS_CORETYPE=$kernels DNNL_MAX_CPU_ISA=$instructions "$program" verify --json >out ||
      fail "verify with the kernels for $kernels and $instructions: $(cat out)"
    case $(cat out) in
      *'"g++ 12","instructions":"AVX'*'OpenBLAS 0.3.21 ('*'"published":null'*)
        fail "verify with the kernels for $kernels and $instructions: nothing is published" ;;
    esac
  done
done

finish
