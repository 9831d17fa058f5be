#!/bin/sh
# Trains 784-128-10 on Fashion-MNIST, and compares the accuracies of its C files: that of floats
# with what `eval` prints, that of bytes with that of floats. Argument: reel-mnist.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=/usr/share/datasets/fashion-mnist
command -v gcc > /dev/null || { echo 'skipped: there is no gcc'; exit 77; }
[ -d $data ] || { echo "skipped: there is no $data"; exit 77; }
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cd "$folder"
"$1" train --data $data --layers 784-128-10 --optimizer adam --epochs 3 --seed 1 \
  --save net.safetensors > /dev/null
"$1" export --load net.safetensors --c float.c > /dev/null
"$1" export --load net.safetensors --c int8.c --int8 > /dev/null
gzip -dc $data/t10k-images-idx3-ubyte.gz > images
gzip -dc $data/t10k-labels-idx1-ubyte.gz > labels
gcc -std=c99 -Wall -Wextra -pedantic -Werror -O2 -c float.c -o float.o
gcc -std=c99 -Wall -Wextra -pedantic -Werror -O2 -Dnetwork=network_int8 -c int8.c -o int8.o
gcc -std=c99 -Wall -Wextra -pedantic -Werror -O2 "$here/accuracy.c" float.o int8.o -o accuracy -lm
./accuracy images labels | tee said
"$1" eval --data $data --load net.safetensors > eval
accuracy=$(sed -n 's/^test accuracy \([0-9.]*\) %.*/\1/p' eval)
grep -q "float $accuracy %" said || { echo "eval says $accuracy %"; exit 1; }
