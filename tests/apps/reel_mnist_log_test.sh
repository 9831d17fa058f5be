#!/bin/sh
# train --log and --tensorboard. Argument: the program. Skipped if there is no Python.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/small_images.sh
. "$here/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$here/harness.sh"

require_python
small_images data
small="--data data --layers 16-8-10 --batch 8 --lr 0.1"
expect() { [ "$2" = "$3" ] || fail "$1: '$2', expected '$3'"; }

# ---- the log has every batch, and TensorBoard's file the same numbers
check 0 train $small --epochs 2 --save plain --json
cp out plain.json
check 0 train $small --epochs 2 --save logged --log log.csv --tensorboard events --json
cmp -s plain logged || fail 'a log changes the weights'
expect header "$(head -n 1 log.csv)" 'epoch,batch,loss,lr,0.gradient_norm,0.update_ratio,2.gradient_norm,2.update_ratio'
batches=$(($(wc -l <log.csv) - 1))
[ "$batches" -gt 2 ] || fail "the log has $batches batches"
grep -q '^1,1,[0-9.]*,0.1,[0-9.e-]*,[0-9.e-]*,[0-9.e-]*,[0-9.e-]*$' log.csv || fail 'no layers in the first batch'
set -- events/events.out.tfevents.*
expect 'event files' $# 1
python3 "$here/read_events.py" "$1" >scalars || fail 'the event file is wrong'
expect 'losses of batches' "$(grep -c ' batch/loss ' scalars)" "$batches"
python3 - <<'END' || fail 'the event file and the log differ'
import csv, json
scalars = {}
for line in open('scalars'):
    step, tag, value = line.split()
    scalars[int(step), tag] = float(value)
near = lambda a, b: abs(a - b) <= 1e-6 * abs(b)
for step, row in enumerate(csv.DictReader(open('log.csv')), 1):
    assert near(scalars[step, 'batch/loss'], float(row['loss']))
    assert near(scalars[step, 'batch/lr'], float(row['lr']))
    for layer in '02':
        for name in 'gradient_norm', 'update_ratio':
            value = row[layer + '.' + name]
            assert ((step, name + '/' + layer) in scalars) == (value != '')
            assert value == '' or near(scalars[step, name + '/' + layer], float(value))
for line in open('plain.json'):
    epoch = json.loads(line)
    if 'epoch' in epoch:
        for key in 'train_loss', 'test_loss', 'validation_accuracy':
            assert near(scalars[epoch['epoch'], 'epoch/' + key], epoch[key])
END

# ---- a run that goes on has one log: its own batches are not there twice, nor those of a later end
check 0 train $small --epochs 2 --checkpoint run --log run.csv
cp run.csv whole.csv
printf '3,1,0.5,0.1,,,,\n' >>run.csv
check 0 train --resume run --log run.csv
cmp -s run.csv whole.csv || fail 'a continued log differs'

refuse 5 none/log.csv train $small --log none/log.csv
refuse 5 log.csv train $small --tensorboard log.csv
refuse 2 'no effect' train $small --seeds 2 --log x.csv

finish
