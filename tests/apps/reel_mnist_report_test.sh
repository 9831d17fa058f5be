#!/bin/sh
# train --report: the page has each section and each curve, and making it changes no weight. Argument:
# the program.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/small_images.sh
. "$here/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$here/harness.sh"

small_images data
small="--data data --layers 16-8-6-10 --batch 8 --lr 0.1 --epochs 3"

check 0 train $small --save plain
check 0 train $small --save reported --report page.html --suspects 20
cmp -s plain reported || fail 'a report changes the weights'
for id in charts confusion draw mistakes suspects units sharpness neurons last-hidden; do
  grep -q "<section id=\"$id\">" page.html || fail "the page has no section $id"
done
for curve in training validation test 'layer 0' 'layer 2' 'layer 4' 'eigenvalue 1' '2 / rate'; do
  grep -q ">$curve</text>" page.html || fail "the page has no curve $curve"
done
charts=$(grep -c '^<div class="chart">' page.html)
[ "$charts" = 7 ] || fail "the page has $charts charts"
grep -q 'of 20 training samples' page.html || fail 'the page does not say among how many'

check 0 train $small --report page.html --suspects 0
! grep -q '<section id="suspects">' page.html || fail '--suspects 0 has suspects'
check 0 train $small --report page.html
grep -q 'of 54 training samples' page.html || fail 'labels are not searched by default'

# 2 / rate is that of the epoch, 10⁹, and not of the rate after it: the axis ends below 10¹⁰
check 0 train --data data --layers 16-8-10 --batch 8 --epochs 1 --lr 2e-9 --schedule step --lr-every 1 \
  --lr-factor 0.1 --suspects 0 --report page.html
powers=$(awk '/<section id="sharpness">/ { on = 1 } on; /<.section>/ { on = 0 }' page.html |
  grep -o 'class="power"[^/]*>[0-9]*<' | grep -o '[0-9]*<$')
case $powers in
  *10\<*) fail 'the rate beside the sharpness is that of the next epoch' ;;
  *8\<*) ;;
  *) fail "the sharpness has no axis until 2 / rate: $powers" ;;
esac

# the one label that is wrong
cp -r data wrong
bytes 1 | dd of=wrong/train-labels-idx1-ubyte bs=1 seek=$((8 + 5)) conv=notrunc 2>/dev/null
check 0 train --data wrong --layers 16-8-10 --batch 8 --epochs 1 --validation 0 --report page.html
grep -q 'ones of 60 training samples' page.html || fail 'there are no suspects'
[ "$(grep -o 'alt="training sample [0-9]*: 1"' page.html)" = 'alt="training sample 5: 1"' ] ||
  fail 'the suspect is another one'

# a run that goes on has the curves of its first epochs too
by_epoch() { awk '/^<div class="chart">/ { ++chart } chart == 2 && /^<.div>$/ { exit } chart' "$1"; }
check 0 train $small --average 0.9 --checkpoint run --report whole.html
check 0 train --resume run --report resumed.html --suspects 5
by_epoch whole.html >whole
by_epoch resumed.html >resumed
grep -q '>test, averaged</text>' whole || fail 'the curves have no averaged weights'
cmp -s whole resumed || fail 'a run that was continued has other curves by epoch'

grep -q 'The run was continued' resumed.html || fail 'the page does not say that the run was continued'
grep -q ' of 30 samples are recognised' whole.html || fail 'the page is not about the test images'

# SIGTERM: the page is written, and no further network is trained
"$program" train --data data --layers 16-8-10 --batch 8 --epochs 1000000 --report stopped.html >/dev/null 2>&1 &
pid=$!
sleep 1
kill -TERM $pid
status=0
wait $pid || status=$?
[ $status = 143 ] || fail "SIGTERM: exit code $status"
grep -q '<section id="charts">' stopped.html || fail 'SIGTERM: the page has no curves'
! grep -q '<section id="suspects">' stopped.html || fail 'SIGTERM: suspects were searched'

# images too few for the search leave a note, and cost nothing else
check 0 train $small --report page.html --suspects 1
grep -q 'were not searched: ' page.html || fail 'no note on the search'

refuse 2 'the same file' train $small --save x --report x
refuse 2 'the same file' train $small --log x --report x
refuse 2 'the same file' train $small --load plain --log plain
refuse 2 'no effect without --report' train $small --suspects 5
refuse 2 'suspects' train $small --report page.html --suspects -1
refuse 5 none/page.html train $small --report none/page.html
finish
