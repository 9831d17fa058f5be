#!/bin/sh
# reel-mnist as a program: exit codes, messages, JSON, signals, files. Argument: the program.
# shellcheck source=tests/apps/small_images.sh
. "$(dirname "$0")/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

value() { sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" "$2" | tail -n 1; }
without_times() { sed 's/"seconds":[^,}]*//; s/"samples_per_second":[^,}]*//; s/,"saved":[^,}]*//' "$1"; }

# Copies the good data under a new name.
copy() { cp -R data "$1"; }

small_images data
small="--data data --layers 16-8-10 --batch 8 --lr 0.5"

# ---- help and version
check 0 --version
grep -q '^reel-mnist [0-9]' out || fail "$run: no version"
check 0 --help
says out 'Exit codes: 0 done'
for command in train eval predict gradcheck; do
  says out "$command"
done
for command in train eval predict gradcheck; do
  check 0 "$command" --help
  says out Example
  says out --data
  says out --json
  [ ! -s err ] || fail "$run: something on stderr"
done
check 0 train --help
for option in layers activation batch-norm dropout optimizer lr batch epochs seed validation save load plot profile anomaly; do
  says out "--$option"
done

# ---- usage
refuse 2 command
refuse 2 walk walk
refuse 2 walk train walk
refuse 2 seed train --seed -1
refuse 2 --walk train --walk
refuse 2 --walk --walk
refuse 2 epochs train --epochs
refuse 2 batch train --batch 0
refuse 2 batch train --batch -3
refuse 2 batch train --batch many
refuse 2 batch train --batch 1.5
refuse 2 epochs train --epochs 0
refuse 2 seed train --seed one
refuse 2 lr train --lr 0
refuse 2 lr train --lr -1
refuse 2 lr train --lr nan
refuse 2 lr train --lr inf
refuse 2 adamant train --optimizer adamant
refuse 2 swish train $small --activation swish
for p in -0.1 1 1.5 nan; do
  refuse 2 dropout train $small --dropout $p
  refuse 2 dropout train --data data --layers 16-10 --dropout $p
done
refuse 2 validation train --validation -0.1
refuse 2 validation train --validation 1.5
refuse 2 1 train $small --validation 1
refuse 2 fraction train $small --validation 0.0001
for layers in 16 16- -16-10 16--10 16-0-10 16-8-10x 'a-b' '' 16-99999999999999999999-10; do
  refuse 2 layers train --data data "--layers=$layers"
done
refuse 2 16 train --data data --layers 784-10-10
says err 'Hint: --layers 16-'
refuse 2 16-8-3 train --data data --layers 16-8-3
refuse 2 '1,000 images in a batch' train $small --batch 1000
[ ! -s out ] || fail "$run: refused after the banner"
refuse 2 --load eval --data data
refuse 2 --load predict --data data
refuse 2 save train $small --save ''
refuse 2 load train $small --load ''
ln -s same link
for other in same ./same "$folder/same" link; do
  refuse 2 'the same file' train $small --save same --plot $other
done
check 0 train $small --epochs 1 --save /dev/null --plot /dev/null

# ---- training, evaluation, prediction
check 0 train $small --epochs 5 --save net
for text in '16-8-10 relu' 'sgd lr 0.5' 'batch 8' 'seed 1' '54 images to train on' '6 to validate' \
  '30 to test' thread 'train loss' 'Test accuracy' 'Saved to net'; do
  says out "$text"
done
[ "$(grep -c '^ *[1-5] .*%' out)" -ge 5 ] || fail "$run: not a line for each epoch"
[ ! -s err ] || fail "$run: progress on stderr, though it is no terminal"
! grep -q nan out || fail "$run: nan in the table of classes"
[ -s net ] || fail "$run: nothing was saved"

check 0 train $small --epochs 5 --json --save net.json
cp out first
[ "$(grep -c '' out)" = 6 ] || fail "$run: not one line for each epoch and one more"
[ "$(grep -c '^{.*}$' out)" = 6 ] || fail "$run: a line that is no JSON object"
for key in epoch train_loss test_accuracy seconds samples_per_second; do
  [ "$(head -n 5 out | grep -c "\"$key\":[0-9]")" = 5 ] || fail "$run: an epoch without $key"
done
tail -n 1 out | grep -q '"final":true' || fail "$run: the last line is not the final one"
! head -n 5 out | grep -q '"final"' || fail "$run: more than one final line"
[ "$(value final out)" = true ] && [ "$(value test_accuracy out)" = "$(sed -n 5p out | sed 's/.*"test_accuracy":\([^,}]*\).*/\1/')" ] ||
  fail "$run: the final accuracy is not that of the last epoch"
says err 'seed 1'
parse='import json, sys; [json.loads(line, parse_constant=sys.exit) for line in sys.stdin]'
if command -v python3 >/dev/null && python3 -c '' 2>/dev/null; then
  python3 -c "$parse" <out || fail "$run: a line that is not JSON"
fi
cmp -s net net.json || fail "$run: --json changed the weights"

check 0 train $small --epochs 5 --json
[ "$(without_times out)" = "$(without_times first)" ] || fail "$run: the same seed, other results"
check 0 train $small --epochs 5 --json --seed 2
[ "$(without_times out | head -n 5)" != "$(without_times first | head -n 5)" ] ||
  fail "$run: another seed, the same results"

check 0 eval --data data --load net.json --json
[ "$(grep -c '' out)" = 1 ] || fail "$run: not one line"
for key in test_accuracy test_loss; do
  [ "$(value $key out)" = "$(value $key first)" ] || fail "$run: not the $key of train"
done
check 0 export --load net --onnx net.onnx --c net.c --int8 --npy tensors
says out 'wrote net.onnx'
[ -s net.onnx ] && [ -s net.c ] && [ -s tensors/0.weight.npy ] || fail "$run: a file is missing"
grep -q 'static const signed char network_0_weight' net.c || fail "$run: no bytes"
refuse 2 'nothing to write' export --load net
refuse 2 'the same file' export --load net --onnx x --c x
refuse 2 'the same file' export --load net --onnx net
refuse 2 '--int8 requires --c' export --load net --int8
refuse 3 none export --load none --c net.c
refuse 5 'none/net.onnx' export --load net --onnx none/net.onnx
check 0 eval --data data --load net
says out 'test accuracy'
! grep -q nan out || fail "$run: nan in the table of classes"

check 0 predict --data data --load net --index 4 --count 2
says out 'test image 4: 1'
says out 'test image 5: 2'
[ "$(grep -c '%' out)" -ge 20 ] || fail "$run: not ten probabilities for each image"
check 0 predict --data data --load net --index 29 --json
grep -q '^{"version":1,"index":29,"label":"2","prediction":"[0-9]","probabilities":{"0":.*}}$' out ||
  fail "$run: no prediction"
refuse 2 30 predict --data data --load net --index 30
refuse 2 30 predict --data data --load net --index 20 --count 11
refuse 2 count predict --data data --load net --count 0
refuse 2 index predict --data data --load net --index -1

# ---- gradients, finding trouble
check 0 gradcheck --data data --layers 16-8-10
says out 'The gradients are right within'
check 0 gradcheck --data data --load net --images 5 --full --json
grep -q '^{"version":1,"ok":true,"layers":"16-8-10","activation":"relu","batch_norm":false,"dropout":0.*,"parameters":226,"images":5,.*"entries":452,' out ||
  fail "$run: not every parameter was checked"
check 0 gradcheck --data data --load net --images 1000 --order 1 --json
[ "$(value images out)" = 60 ] || fail "$run: not the 60 images there are"
refuse 2 images gradcheck --data data --images 0
refuse 2 order gradcheck --data data --order 3
refuse 2 swish gradcheck --data data --layers 16-8-10 --activation swish
refuse 2 16-4-10 gradcheck --data data --load net --layers 16-4-10
refuse 2 784-10-10 gradcheck --data data
# digits KEY: the digits that the JSON in the file out has under this key, the fewest first.
digits() { grep -o "\"$1\":[^,}]*" out | sed 's/.*://' | sort -n; }
# above NUMBER TEXT: whether the number in the first line of TEXT is larger.
above() { echo "$2" | awk -v least="$1" 'NR == 1 { exit !($1 > least) }'; }
check 0 gradcheck --data data --layers 16-16-10 --digits
says out '16-16-10 relu, 442 parameters, data, 60 images, seed 1'
for row in '0.weight *256' '0.bias *16' '2.weight *160' '2.bias *10'; do
  grep -q "^$row  *[67]\.[0-9]  *[678]\.[0-9]  *[0-9]\.[0-9]  *[678]\.[0-9]\$" out ||
    fail "$run: no row $row with six right digits or more"
done
says out 'after sgd 0.1'
says out 'No operation loses a digit.'
[ "$(wc -L <out)" -le 80 ] || fail "$run: a line of $(wc -L <out) characters"
check 0 gradcheck --data data --layers 16-8-10 --digits --images 5 --optimizer adam --json
grep -q '^{"version":1,"ok":true,"layers":"16-8-10",.*"images":5,.*"optimizer":"adam","lr":0.001,.*"name":"0.weight","numbers":128,' out ||
  fail "$run: another line"
for key in digits median digits_after_step; do
  [ "$(digits $key | grep -c .)" = 4 ] && above 5.5 "$(digits $key)" || fail "$run: $key"
done
! above 9 "$(digits digits)" || fail "$run: compared with itself"
check 0 gradcheck --data data --layers 16-8-10 --batch-norm --dropout 0.25 --digits
says out '0.affine, gradient of 0.bias (6.'  # batch norm makes it 0
says out '→ 0.0, ill-conditioned)'
refuse 2 order gradcheck --data data --digits --order 1
refuse 2 full gradcheck --data data --digits --full
refuse 2 digits gradcheck --data data --optimizer adam
refuse 2 newton gradcheck --data data --digits --optimizer newton
check 0 train $small --epochs 1 --profile
grep -q '^softmax_cross_entropy  *[0-9]' out || fail "$run: no row of the profile"
check 0 train $small --epochs 1 --profile --json
says err softmax_cross_entropy
! grep -q softmax_cross_entropy out || fail "$run: the profile is among the JSON"
check 0 train $small --epochs 1 --anomaly
refuse 4 '[affine] at "' train $small --lr 1e38 --anomaly

check 0 train --data data --load net --epochs 1 --batch 8 --lr 0.5 --save more --json
says out '"layers":"16-8-10"'
! cmp -s net more || fail "$run: the weights did not change"
refuse 2 16-4-10 train --data data --load net --layers 16-4-10
refuse 2 tanh train --data data --load net --activation tanh
for optimizer in sgd nesterov rprop adam; do
  check 0 train --data data --layers 16-10 --batch 8 --epochs 1 --optimizer "$optimizer" --json
  says out "\"optimizer\":\"$optimizer\""
done

# ---- batch norm and dropout
for threads in 1 2; do
  check 0 train $small --batch-norm --dropout 0.25 --epochs 5 --threads $threads --save "norm$threads"
  says out '16-8-10 relu, batch norm, dropout 0.25, 242 parameters'
done
check 0 train $small --batch-norm --dropout 0.25 --epochs 5 --save again --json
says out '"batch_norm":true,"dropout":0.25'
for other in norm2 again; do
  cmp -s norm1 $other || fail "$run: other weights from the same seed"
done
check 0 eval --data data --load norm1
says out '16-8-10 relu, batch norm, dropout 0.25 on'
cp out evaluated
check 0 eval --data data --load norm1
cmp -s out evaluated || fail "$run: dropped out in evaluation"
check 0 predict --data data --load norm1
check 0 gradcheck --data data --load norm1 --full
says out 'The gradients are right within'
check 0 train --data data --load norm1 --epochs 1 --batch 8 --save more --json
says out '"batch_norm":true,"dropout":0.25'
check 0 train $small --dropout 0 --epochs 1
refuse 2 dropout train $small --dropout 1
refuse 2 dropout train $small --dropout -0.1
refuse 2 dropout train $small --dropout half
refuse 2 dropout train $small --load norm1 --dropout 0.5
refuse 2 batch-norm train $small --load net --batch-norm
refuse 2 'a batch of 1 has no variance' train $small --batch-norm --batch 1
check 0 train $small --dropout 0.123456789 --epochs 1 --save fine
check 0 train $small --load fine --dropout 0.123456789 --epochs 1
sed 's/"dropout":"0.25"/"dropout":"0,25"/' norm1 >spoilt
refuse 3 '0,25' eval --data data --load spoilt

# ---- pictures
check 0 train $small --epochs 2 --plot curves.svg
grep -q 'mean cross-entropy' curves.svg || fail "$run: no picture of the losses"
grep -q '</svg>' curves.svg || fail "$run: the picture does not end"
refuse 5 "$folder/none/curves.svg" train $small --plot none/curves.svg
for activation in relu tanh sigmoid leaky_relu elu selu gelu silu mish softplus softsign hard_tanh \
  hard_sigmoid hard_swish identity; do
  check 0 train $small --epochs 1 --activation "$activation" --validation 0 --save "net-$activation"
  check 0 eval --data data --load "net-$activation"
  says out "$activation"
done
if command -v gzip >/dev/null; then
  copy packed
  gzip packed/*
  check 0 eval --data packed --load net --json
  [ "$(value test_loss out)" = "$(value test_loss first)" ] || fail "$run: gzip changed the result"
  copy cut
  gzip cut/train-images-idx3-ubyte
  head -c 200 cut/train-images-idx3-ubyte.gz >cut/train-images-idx3-ubyte
  rm cut/train-images-idx3-ubyte.gz
  refuse 3 "$folder/cut/train-images-idx3-ubyte" train $small --data cut
fi
copy "$(printf 'odd\377name')" 2>/dev/null && {
  check 0 eval --data "$(printf 'odd\377name')" --load net --json
  check 0 train $small --data "$(printf 'odd\377name')" --epochs 1 --json
}

# ---- wrong data
refuse 3 "$folder/nowhere" train $small --data nowhere
refuse 3 "$folder/net" train $small --data net
for command in eval predict gradcheck; do refuse 3 "$folder/nowhere" $command --load net --data nowhere; done
broken() {  # broken FILE: refused, naming it, and nothing is saved
  refuse 3 "$folder/bad/$1" train $small --data bad --save unwanted
  [ ! -e unwanted ] || fail "$run: saved all the same"
  refuse 3 "$folder/bad/$1" eval --data bad --load net
  rm -rf bad
  copy bad
}
copy bad
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte \
  t10k-labels-idx1-ubyte; do
  rm "bad/$file"
  refuse 3 "$file" train $small --data bad
  for length in 0 3 7 40; do
    head -c $length "data/$file" >"bad/$file"
    [ $length != 40 ] || [ "$file" != t10k-labels-idx1-ubyte ] || continue
    broken "$file"
  done
  { cat "data/$file"; echo; } >"bad/$file"
  broken "$file"
  { bytes 9; tail -c +2 "data/$file"; } >"bad/$file"
  broken "$file"
done
cp data/train-labels-idx1-ubyte bad/train-images-idx3-ubyte
broken train-images-idx3-ubyte
cp data/t10k-images-idx3-ubyte bad/t10k-labels-idx1-ubyte
broken t10k-labels-idx1-ubyte
labels 59 >bad/train-labels-idx1-ubyte
broken train-labels-idx1-ubyte
{ bytes 0 0 8 1; size 30; head -c 29 /dev/zero; bytes 10; } >bad/t10k-labels-idx1-ubyte
broken t10k-labels-idx1-ubyte
images 0 >bad/train-images-idx3-ubyte
labels 0 >bad/train-labels-idx1-ubyte
broken train-images-idx3-ubyte
{ bytes 0 0 8 3 255 255 255 255 255 255 255 255 255 255 255 255; } >bad/train-images-idx3-ubyte
broken train-images-idx3-ubyte

# ---- wrong weights
printf 'no weights at all' >text
head -c 300 net >short
mkdir other
{ bytes 0 0 8 3; size 30; size 2; size 2; head -c 120 /dev/zero; } >other/train-images-idx3-ubyte
cp other/train-images-idx3-ubyte other/t10k-images-idx3-ubyte
labels 30 >other/train-labels-idx1-ubyte
labels 30 >other/t10k-labels-idx1-ubyte
for command in eval predict gradcheck 'train --epochs 1'; do
  refuse 3 "$folder/none" $command --data data --load none
  refuse 3 "$folder/text" $command --data data --load text
  refuse 3 "$folder/short" $command --data data --load short
  refuse 3 "$folder/net" $command --data other --load net
  says err 16-8-10
done

# weights: a file that describes a network, with the given metadata and values.
weights() {  # METADATA VALUE COUNT: a network 16-10, each number of which is the four bytes VALUE
  header="{\"__metadata__\":{$1},\"0.weight\":{\"dtype\":\"F32\",\"shape\":[10,16],\"data_offsets\":[0,640]},\"0.bias\":{\"dtype\":\"F32\",\"shape\":[10],\"data_offsets\":[640,680]}}"
  bytes $((${#header} % 256)) $((${#header} / 256 % 256)) $((${#header} / 65536)) 0 0 0 0 0
  printf '%s' "$header"
  i=0
  while [ $i -lt 170 ]; do bytes $2; i=$((i + 1)); done
}
linear='"layers":"16-10","activation":"relu"'
weights "$linear" '0 0 0 63' >half
check 0 eval --data data --load half
# All scores are equal, so each image is taken for class 0 with probability 0.1.
check 0 eval --data data --load half --json --top-k 2
says out '"calibration_error":0.233333'
says out '"top_k":2,"top_k_accuracy":0.6666666666666666'
for part in validation train; do
  refuse 3 'has no "seed"' eval --data data --load half --on $part
done
for value in '0 0 192 127' '0 0 128 127'; do  # NaN, infinity
  weights "$linear" "$value" >broken
  for command in eval predict 'train --epochs 1'; do
    refuse 3 '"0.weight" holds a value that is not finite' $command --data data --load broken
  done
done
weights "$linear" '255 255 127 127' >huge  # 3.4e38
refuse 4 'not finite' eval --data data --load huge
refuse 4 'not finite' gradcheck --data data --load huge --digits
refuse 4 'not finite' predict --data data --load huge
refuse 4 'not finite' predict --data data --load huge --json
[ ! -s out ] || fail "$run: a class all the same"
long=$(head -c 60000 /dev/zero | tr '\0' x)
for metadata in "\"layers\":\"16-10\",\"activation\":\"$long\"" \
  "\"layers\":\"16-10-$long\",\"activation\":\"relu\"" "$linear,\"dropout\":\"$long\"" \
  '"layers":"16-10","activation":"\u001b[31m\u009b\n"'; do
  weights "$metadata" '0 0 0 63' >broken
  refuse 3 "$folder/broken" eval --data data --load broken
  ! grep -q "$(printf '\302\233')" err || fail "$run: a control character"
done
refuse 3 'File name too long' train --data "$(printf '%0300d' 0)"

# ---- the time for a deep network is in proportion to its depth: four seconds, not minutes
if (ulimit -d 400000 && "$program" --version >/dev/null 2>&1); then  # not under a sanitizer
  deep=16-$(head -c 60000 /dev/zero | tr '\0' 1 | sed 's/1/1-/g')10
  (ulimit -t 10; check 0 train --data data --layers "$deep" --batch 27 --epochs 1 --save deep
    check 0 eval --data data --load deep
    exit $failures) || failures=$((failures + 1))
fi

# ---- divergence
cp net kept
refuse 4 'no longer finite' train $small --lr 1e30 --epochs 3 --save kept
cmp -s net kept || fail "$run: an earlier file was overwritten"
refuse 4 'no longer finite' train $small --lr 1e38 --epochs 1 --batch 54 --save unwanted
[ ! -e unwanted ] || fail "$run: saved all the same"

# ---- system errors
refuse 5 "$folder/none/net" train $small --save none/net --epochs 1000000000
[ ! -s out ] || fail "$run: trained first"
ln -s none/net dangling
ln -s loop loop
for target in data dangling loop "$(printf '%0256d' 0)"; do
  refuse 5 "$folder/$target" train $small --save $target --epochs 1000000000
  [ ! -s out ] || fail "$run: trained first"
done
# If a file cannot be saved at its place, it is saved elsewhere; the other work is done.
if [ -c /dev/full ]; then
  refuse 5 "$folder/full.rescued instead" train $small --epochs 1 --save /dev/full --plot curves.svg
  says out 'Test accuracy'
  says out "Saved to $folder/full.rescued."
  grep -q '</svg>' curves.svg || fail "$run: no picture"
  refuse 5 "$folder/full.rescued.2 instead" train $small --epochs 1 --save /dev/full
  check 0 eval --data data --load full.rescued
  refuse 5 /dev/full train $small --epochs 1 --save net.kept --plot /dev/full
  says out 'Saved to net.kept'
  check 0 eval --data data --load net.kept
fi
# A file may not grow beyond one block of 512 or 1,024 bytes; the network needs 1,176.
run='reel-mnist train under ulimit -f'
(ulimit -f 1; "$program" train $small --epochs 1 --save net.large 2>&1; echo "code $?") | cat >out
says out 'File too large'
says out 'the trained weights are lost'
says out 'Test accuracy'
says out 'code 5'
[ -z "$(find . -name '.reel-*')" ] && [ ! -e net.large ] || fail "$run: something was left behind"
if [ -c /dev/full ]; then
  run='reel-mnist train --save /dev/full in a folder that is gone'
  mkdir gone tmp
  (cd gone && rmdir ../gone && TMPDIR=$folder/tmp "$program" train --layers 16-10 --batch 8 --epochs 1 \
    --data "$folder/data" --save /dev/full --json >../out 2>../err)
  [ $? = 5 ] || fail "$run: not exit code 5"
  says err "$folder/tmp/full.rescued instead"
  says out '"status":"finished","epochs":1'
  says out "\"saved\":\"$folder/tmp/full.rescued\""
  check 0 eval --data data --load tmp/full.rescued
fi
mkdir gone
(cd gone && rmdir ../gone && "$program" train $small --data ../data --save net) >out 2>err
[ $? = 5 ] || fail "reel-mnist train in a folder that is gone: not exit code 5"
says err 'cannot be written: No such file'
refuse_full train $small --epochs 1
refuse_full eval --data data --load net --json
refuse_full predict --data data --load net
refuse_full --help
if [ "$(id -u)" != 0 ]; then
  mkdir closed
  chmod 500 closed
  refuse 5 "$folder/closed/net" train $small --save closed/net
  copy secret
  chmod 000 secret/train-images-idx3-ubyte
  refuse 5 secret/train-images-idx3-ubyte train $small --data secret
fi

# An old file is kept if there is nothing to save, or if the weights are not finite.
cp net kept
refuse 4 'no longer finite' train $small --lr 1e38 --epochs 2 --save kept
cmp -s net kept || fail "$run: an earlier file was overwritten"

# ---- threads
wide='--data data --layers 16-700-700-10 --batch 54 --validation 0'  # its kernels use several threads
for threads in 1 2 3; do
  check 0 train $wide --epochs 2 --threads $threads --save by$threads --json
  [ "$(value threads out)" = $threads ] || fail "$run: ran on other threads"
  cmp -s by1 by$threads || fail "$run: other weights than on one thread"
  without_times out | sed 's/"threads":[^,}]*//' >results.$threads
  cmp -s results.1 results.$threads || fail "$run: other results than on one thread"
  check 0 eval --data data --load by1 --threads $threads
  sed '2d' out >evaluated.$threads
  cmp -s evaluated.1 evaluated.$threads || fail "$run: other results than on one thread"
done
for observed in --profile --anomaly; do
  check 0 train $wide --epochs 2 --threads 2 $observed --save observed
  cmp -s by1 observed || fail "$run: other weights than without $observed"
done
REEL_THREADS=3 check 0 train $small --epochs 1
says out '3 threads'
REEL_THREADS=none refuse 2 REEL_THREADS train $small --epochs 1
refuse 2 threads train $small --threads 0
refuse 2 threads train $small --threads -1
refuse 2 threads train $small --threads two

# ---- more data than memory
check 0 train $small --epochs 2 --stream --json
gzip -c data/train-images-idx3-ubyte >packed.gz
copy packed
mv packed.gz packed/train-images-idx3-ubyte
refuse 3 'only a plain file can be streamed' train $small --data packed --stream
copy cut
head -c 500 data/train-images-idx3-ubyte >cut/train-images-idx3-ubyte
refuse 3 'truncated: 500 bytes' train $small --data cut --stream
# 400,000 black images of 1,024 bytes, in a process whose own memory is limited to less; OpenBLAS
# takes 128 MB of that
mkdir big
blank() {  # HALF COUNT, then the two upper and the two lower bytes of COUNT
  { bytes 0 0 8 3 "$3" "$4" "$5" "$6"; size 32; size 32; } >big/$1-images-idx3-ubyte
  bytes 0 0 8 1 "$3" "$4" "$5" "$6" >big/$1-labels-idx1-ubyte
  truncate -s $((16 + 1024 * $2)) big/$1-images-idx3-ubyte
  truncate -s $((8 + $2)) big/$1-labels-idx1-ubyte
}
blank train 400000 0 6 26 128
blank t10k 10 0 0 0 10
limit=350000
if (ulimit -d $limit && "$program" --version >/dev/null 2>&1); then  # not under a sanitizer
  big="--data big --layers 1024-8-10 --batch 64 --epochs 1 --validation 0 --threads 1"
  (ulimit -d $limit && refuse 5 'does not fit into memory' train $big; exit $failures) ||
    failures=$((failures + 1))
  (ulimit -d $limit && check 0 train $big --stream --json; exit $failures) ||
    failures=$((failures + 1))
  # with too little memory for its buffers, OpenBLAS alone would wait forever
  if grep -qw avx2 /proc/cpuinfo; then
    (DNNL_MAX_CPU_ISA=AVX2 OPENBLAS_CORETYPE=Haswell
      export DNNL_MAX_CPU_ISA OPENBLAS_CORETYPE
      ulimit -d 150000 && refuse 5 'OpenBLAS needs 128 MB' train $big --stream
      exit $failures) || failures=$((failures + 1))
  fi
fi
rm -r big

# ---- signals
# start FILE OPTIONS…: starts a long training in the background, and waits until its second epoch is
# over. (A shell starts background jobs with SIGINT ignored.)
endless="train $small --epochs 1000000000 --lr 0.01 --json"
start() {
  file=$1
  shift
  rm -f "$file"
  : >out
  env --default-signal=INT,TERM,HUP,PIPE "$program" $endless --save "$file" "$@" >out 2>err </dev/null &
  process=$!
  await '"epoch":2'
}
# await TEXT: waits until the program has printed TEXT.
await() {
  tries=0
  until grep -q "$1" out || [ $tries = 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
}
# ended EXIT_CODE: the training must end with this code, and the file of --save must exist.
ended() {
  wait $process
  code=$?
  [ $code = "$1" ] || fail "$run: exit code $code, expected $1"
  grep -q '"status":"stopped"' out || fail "$run: no final line"
  check 0 eval --data data --load "$file" --json
}
for signal in 'TERM 143' 'INT 130' 'HUP 129'; do
  run="reel-mnist train, SIG$signal"
  start stopped
  kill -s "${signal% *}" $process
  ended "${signal#* }"
done
run='reel-mnist train | head -n 2'
rm -f stopped
{ env --default-signal=PIPE "$program" $endless --save stopped 2>err; echo $? >code; } | head -n 2 >out
[ "$(cat code)" = 141 ] || fail "$run: exit code $(cat code), expected 141"
check 0 eval --data data --load stopped
run='reel-mnist train, SIGINT ignored from the start'
start stopped
kill -s TERM $process
wait $process
rm -f stopped
(trap '' INT; exec "$program" $endless --save stopped >out 2>err </dev/null) &
process=$!
await '"epoch":2'
kill -s INT $process
sleep 0.2
kill -0 $process 2>/dev/null || fail "$run: ended"
kill -s TERM $process
file=stopped
ended 143
# A pipe that nobody reads must not delay the second signal.
run='reel-mnist train --save PIPE, two SIGINT'
mkfifo pipe
: >out
env --default-signal=INT "$program" $endless --save pipe >out 2>err </dev/null &
process=$!
await '"epoch":2'
kill -s INT $process
sleep 0.5
kill -s INT $process
wait $process
[ $? = 130 ] || fail "$run: not exit code 130"
run='reel-mnist train | head -n 3, the pipe closed at the end'
rm -f stopped
{ "$program" train $small --epochs 1 --save stopped 2>err; echo $? >code; } | head -n 1 >out
case $(cat code) in 0 | 141) ;; *) fail "$run: exit code $(cat code), expected 141" ;; esac
[ ! -s err ] || fail "$run: a message"
check 0 eval --data data --load stopped

# ---- a truncated data file
for cut in train t10k; do
  run="reel-mnist train --stream, $cut images cut short"
  rm -rf shrinking
  copy shrinking
  start stopped --data shrinking --stream
  truncate -s 400 shrinking/$cut-images-idx3-ubyte
  wait $process
  [ $? = 3 ] || fail "$run: not exit code 3"
  [ "$(grep -c '' err)" = 4 ] || fail "$run: not one line after the three of the banner"
  says err "$folder/shrinking/$cut-images-idx3-ubyte: ends before byte"
  [ "$(grep -c 'ends before.*ends before' err)" = 0 ] || fail "$run: says it twice"
  check 0 eval --data data --load stopped
done

# The weights that are then saved are still the averaged ones: their loss is nearer to that of the
# averages than to that of the plain weights, both after the last epoch.
run='reel-mnist train --stream --average 0.9999, train images cut short'
rm -rf shrinking
copy shrinking
start stopped --data shrinking --stream --average 0.9999
truncate -s 400 shrinking/train-images-idx3-ubyte
wait $process
loss() { sed -n "s/.*$1.*[,{]\"$2\":\([^,}]*\).*/\1/p" out | tail -n 1; }
losses="$(loss '"final":true' test_loss) $(loss '"epoch":' averaged_test_loss) $(loss '"epoch":' test_loss)"
echo "$losses" | awk '{ exit !(($1 - $2) ^ 2 < ($1 - $3) ^ 2) }' ||
  fail "$run: loss, that of the averages, that of the plain weights: $losses"

finish
