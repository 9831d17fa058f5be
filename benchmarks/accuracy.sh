#!/bin/sh
# The accuracy of reel-mnist at the settings of docs/accuracy.md: the mean over seeds 1 to 5.
# Usage: benchmarks/accuracy.sh REEL-MNIST FOLDER   (beside it: benchmarks/peers/accuracy_torch.py)
set -eu
program=$1 folder=$2

mean() {
  printf '%-74s ' "$*"
  for seed in 1 2 3 4 5; do
    "$program" train --data "$folder" --validation 0 --batch 64 --seed "$seed" --json "$@" 2>/dev/null |
      tail -n 1 | sed 's/.*"test_accuracy":\([0-9.]*\).*/\1/'
  done | awk '{ sum += $1; all = all " " $1 } END { printf "%.4f  (%s )\n", sum / NR, all }'
}

mean --layers 784-10-10 --activation relu --optimizer sgd --lr 0.1 --epochs 10
mean --layers 784-10-10 --activation sigmoid --optimizer sgd --lr 0.5 --epochs 10
mean --layers 784-128-10 --activation relu --optimizer adam --lr 0.001 --epochs 8
