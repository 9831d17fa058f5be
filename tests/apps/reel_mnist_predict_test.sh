#!/bin/sh
# reel-mnist predict with files. Argument: the program. Skipped if there is no Python.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/small_images.sh
. "$here/small_images.sh"
# shellcheck source=tests/apps/harness.sh
. "$here/harness.sh"

require_python
expect() { [ "$2" = "$3" ] || fail "$1: '$2', expected '$3'"; }
small_images data
check 0 train --data data --layers 16-8-10 --batch 8 --lr 0.1 --epochs 2 --save plain

# ---- pictures
printf 'P2 4 4 255 0 0 0 0 0 255 255 0 0 255 255 0 0 0 0 0\n' >square.pgm
python3 -c "
import struct, sys
sys.stdout.buffer.write(struct.pack('>4I', 0x803, 2, 4, 4) + bytes(range(32)))" >two.idx
check 0 predict --data data --load plain square.pgm two.idx --json
expect 'lines of JSON' "$(grep -c '"file":' out)" 3
grep -q '"file":"two.idx","index":1,"drawn":false,"prediction":' out || fail 'no second image'
cp out by-name
for file in square.pgm two.idx; do
  "$program" predict --data data --load plain - --json <"$file" >piped || fail "- refuses $file"
  expect "$file" "$(sed 's/"file":"-"//' piped)" "$(grep "$file" by-name | sed "s/\"file\":\"$file\"//")"
  cat "$file" | "$program" predict --data data --load plain - --json >pipe || fail "- refuses a pipe"
  cmp -s piped pipe || fail 'a pipe differs from a file'
done
gzip -c two.idx >two.idx.gz
check 0 predict --data data --load plain two.idx.gz --json
expect 'the images of a gzipped file' "$(sed 's/two.idx.gz/two.idx/' out)" "$(grep two.idx by-name)"
"$program" predict --data data --load plain - --json <two.idx.gz >out 2>err || fail '- refuses gzip'
expect 'the images of a gzipped pipe' "$(sed 's/"-"/"two.idx"/' out)" "$(grep two.idx by-name)"
head -c 20 two.idx >cut.idx
refuse 3 'truncated: 20 bytes, expected 48' predict --data data --load plain cut.idx
head -c 20 two.idx.gz >cut.idx.gz
refuse 3 'cut short' predict --data data --load plain cut.idx.gz
printf 'P2 2 2 1 0 1 0 1\n' >tiny.pgm
refuse 3 'do not fit the network' predict --data data --load plain tiny.pgm
refuse 3 '28×28 pixels do not fit' predict --data data --load plain --drawn tiny.pgm
printf 'P2 2 2 1 1 1 1 1\n' >paper.pgm
refuse 3 'nothing but paper' predict --data data --load plain --drawn paper.pgm
refuse 2 'no effect without files' predict --data data --load plain --drawn
refuse 2 'no effect without files' predict --data data --load plain --as-is
refuse 2 '[index] it has no effect with files' predict --data data --load plain --index 1 square.pgm
refuse 2 '[count] it has no effect with files' predict --data data --load plain --count 2 square.pgm
refuse 2 'excludes' predict --data data --load plain --as-is --drawn square.pgm

# ---- drawings: a network of digits, and a seven in several forms
python3 "$here/drawings.py" "$here/../report" || fail 'no drawings'
check 0 train --data digits --layers 784-32-10 --optimizer adam --lr 0.003 --epochs 10 --save digits.net
value() { sed -n "s/.*\"$1\":\"*\([^,}\"]*\).*/\1/p" out; }
# seen DRAWN FILE [OPTION…]: the file shows a seven, which is taken for a drawing or not.
seen() {
  drawn=$1
  shift
  check 0 predict --data none --load digits.net --json "$@"
  expect "$run" "$(value prediction), drawn: $(value drawn)" "7, drawn: $drawn"
}
seen true photo.png
seen true colour.png
seen true small-dark.pgm  # 28×28, dark on light
seen true large-light.pgm
seen false own.pgm
cp out own
seen false own.pgm --as-is
cmp -s own out || fail "$run: a picture of the data's own form is changed"
seen false own.idx
expect 'a picture and an IDX file of the same image' "$(sed 's/own.idx/own.pgm/' out)" "$(cat own)"
seen true own.idx --drawn
check 0 predict --data none --load digits.net --json dark.idx
expect 'an IDX file has no drawings' "$(value drawn)" false
check 0 predict --data none --load digits.net --json --as-is small-dark.pgm
expect "$run" "$(value drawn)" false
refuse 3 'takes 784. Hint: --drawn' predict --data none --load digits.net --as-is photo.png
check 0 predict --data none --load digits.net photo.png
says out 'photo.png (a drawn digit): taken for 7'

# a network of dark ink on light paper, whose images are there, gets its own form unchanged
check 0 train --data inverse --layers 784-32-10 --optimizer adam --lr 0.003 --epochs 10 --save inverse.net
check 0 predict --data inverse --load inverse.net --json small-dark.pgm
expect "$run" "$(value prediction), drawn: $(value drawn)" '7, drawn: false'

# images of classes with longer names are not drawings
check 0 train --data named --layers 784-8-10 --batch 10 --epochs 1 --validation 0 --save named.net
check 0 predict --data named --load named.net --json small-dark.pgm
expect "$run" "$(value drawn)" false
refuse 3 'do not fit the network' predict --data named --load named.net photo.png
finish
