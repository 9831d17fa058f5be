#!/bin/sh
# reel-mnist's data: each form of files, the check of a folder, and downloads from a server that
# fails. Arguments: reel-mnist, and the program of download_program.cpp.
downloader=$2
case $downloader in /*) ;; *) downloader=$PWD/$downloader ;; esac
tests=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/apps/harness.sh
. "$tests/harness.sh"
reel=$program
use() { program=$1 name=$2; } # the program that `check` runs, and its name

# ---- CSV files: 36 images of 2×2 pixels, with three classes
line() { echo "$(($1 % 3)),$(($1 % 3 * 100)),$1,$((99 - $1)),7"; }
lines() {
  i=$1
  while [ "$i" -lt "$2" ]; do
    line "$i"
    i=$((i + 1))
  done
}
mkdir csv
{ echo 'label,p1,p2,p3,p4'; lines 0 36; } >csv/train.csv
{ lines 36 45; line 3; echo 2,0,3,96,7; } >csv/test.csv # images 9 and 10 are image 3 of train
printf 'cat\ndog\na name that is longer than a quarter of a line\n' >csv/classes.txt

check 0 data --data csv
for text in 'csv: CSV, uint8, 2×2 pixels, 3 classes' 'fingerprint ' train.csv test.csv \
  'images                     36         11' 'also in train                          2' \
  '  other label                          1' 'repeated                    0          1'; do
  says out "$text"
done
grep -Eq '^cat +12 +4  (█)+$' out || fail "$run: no line for the class"
grep -Eq '^…a quarter of a line +12 +4  (█)+$' out || fail "$run: no shortened name of a class"
[ ! -s err ] || fail "$run: something on stderr"
check 0 data --data csv --json
for text in '"data":"csv"' '"format":"CSV"' '"shape":[2,2]' '"classes":["cat","dog",' \
  '"images":36,"per_class":[12,12,12]' '"per_class":[4,3,4]' '"also_in_train":2' \
  '"also_in_train_with_another_label":1' '"repeated":1,"repeated_with_another_label":1' \
  "\"bytes\":$(wc -c <csv/train.csv)"; do
  says out "$text"
done
[ "$(grep -c '' out)" = 1 ] || fail "$run: not one line"
print() { sed -n 's/.*"fingerprint":"\([0-9a-f]*\)".*/\1/p' out; }
csv_print=$(print)
[ ${#csv_print} = 16 ] || fail "$run: the fingerprint '$csv_print'"

# ---- lines fit the terminal
widest() { python3 -c 'import sys; print(max(len(line.rstrip("\n")) for line in open("out", encoding="utf-8")))'; }
if command -v python3 >/dev/null && python3 -c '' 2>/dev/null; then
  long=a-folder-whose-name-is-longer-than-forty-characters
  cp -R csv $long
  for width in 40 80; do
    export COLUMNS=$width
    check 0 data --data $long
    [ "$(widest)" -le $width ] || fail "$run: a line of $(widest) characters at $width"
  done
  [ "$(widest)" -gt 60 ] || fail "$run: the bars are short at 80"
  unset COLUMNS
fi

# ---- the fingerprint sees each change, and only changes of the contents
changed() {
  check 0 data --data csv --json
  [ "$(print)" != "$csv_print" ] || fail "$run: the same fingerprint, though $1"
  cp kept csv/train.csv
}
cp csv/train.csv kept
sed 's/^0,0,0,/0,0,1,/' kept >csv/train.csv
changed 'a pixel is another'
sed 's/^0,0,0,/1,0,0,/' kept >csv/train.csv
changed 'a label is another'
{ tail -n +3 kept; sed -n 2p kept; } >csv/train.csv
changed 'the order is another'
tail -n +2 kept >csv/train.csv
check 0 data --data csv --json
[ "$(print)" = "$csv_print" ] || fail "$run: another fingerprint without a header"
cp kept csv/train.csv

# ---- a CSV file by its name, in capitals too, and a set of one class
{ echo 0,0,0,0,0; echo 0,5,5,5,5; echo 0,6,6,6,6; echo 0,7,7,7,7; } >ONE.CSV
check 0 data --data ONE.CSV
for text in '2×2 pixels, 1 class' 'so 1 image was split off' ' 40 bytes'; do
  says out "$text"
done
! grep -q '1 classes' out || fail "$run: 1 classes"

# ---- images of one level
{ echo 0,0,0,0,0; echo 1,5,5,5,5; lines 0 4; } >levels.csv
check 0 data --data levels.csv --json
constant=$(sed 's/"constant"/\n&/g' out | sed -n 's/^"constant":\([0-9]*\),"empty":\([0-9]*\).*/\1 \2/p')
case $constant in
  '2 1
0 0' | '1 1
1 0' | '1 0
1 1' | '0 0
2 1') ;;
  *) fail "$run: images of one level: $constant" ;;
esac
check 0 data --data levels.csv
says out 'There is no test set'

# ---- every command reads them
for command in 'train --layers 4-8-3 --epochs 1 --batch 8 --save net' 'eval --load net' \
  'predict --load net' 'gradcheck --layers 4-3 --images 2'; do
  # shellcheck disable=SC2086 # a command is words
  check 0 $command --data csv
done
says out 'csv, 2 images'
check 0 eval --data csv --load net
says out '11 test images of csv'
refuse 2 'only IDX files can stay on the disk' train --layers 4-3 --data csv --stream

# ---- malformed data
refuse 3 "$folder/nowhere: no such file or folder. Hint: a .csv file, or a folder with" data --data nowhere
cp ONE.CSV table.txt
refuse 3 "$folder/table.txt: is neither a folder nor a .csv file. Hint: " data --data table.txt
mkdir empty
refuse 3 "$folder/empty: has no images" data --data empty
for bad in 1,2,3 1,2,3,4,256 1,2,3,4,-1 1,2,3,4,1.5 ,1,2,3,4 x,1,2,3,4; do
  { cat kept; echo $bad; } >csv/train.csv
  refuse 3 "$folder/csv/train.csv: line 38" data --data csv
  refuse 3 "$folder/csv/train.csv: line 38" train --data csv --layers 4-3
done
cp kept csv/train.csv
mkdir -p pictures/a pictures/b
printf 'P5 2 2 255\nabcd' >pictures/a/1.pgm
printf 'P5 2 2 255\nabc' >pictures/b/1.pgm
refuse 3 "$folder/pictures/b/1.pgm: is cut short" data --data pictures
printf 'P5 2 2 255\nefgh' >pictures/b/1.pgm
cp pictures/a/1.pgm pictures/a/2.pgm
echo >pictures/b/readme
check 0 data --data pictures
for text in 'pictures, uint8, 2×2 pixels, 2 classes' '1 file is neither PNG'; do
  says out "$text"
done
refuse_full data --data csv --json
refuse_full data --data csv

# ---- the command line
check 0 data --help
for text in --data --json fetch Example; do says out "$text"; done
check 0 data fetch --help
for text in --to --mirror mnist fashion-mnist kmnist emnist-letters; do says out "$text"; done
refuse 2 cifar data fetch cifar --to sets
refuse 2 --to data fetch mnist
refuse 2 SET data fetch --to sets
refuse 2 to data fetch mnist --to ''
refuse 2 walk data walk
[ ! -e sets ] || fail "a wrong command line made a folder"

# ---- downloads
if ! command -v python3 >/dev/null || ! python3 -c '' 2>/dev/null || ! command -v curl >/dev/null; then
  echo 'python3 or curl is missing: no test of downloads'
  finish
  exit
fi
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY REEL_MIRROR
mkdir served
python3 "$tests/server.py" served port >server.log 2>&1 &
server=$!
trap 'kill $server; rm -rf "$folder"' EXIT
tries=0
while [ ! -s port ] && [ $tries -lt 100 ]; do
  sleep 0.1
  tries=$((tries + 1))
done
[ -s port ] || { cat server.log; fail 'the server did not start'; finish; }
url=http://127.0.0.1:$(cat port)
head -c 300000 /dev/urandom >served/file
md5=$(md5sum <served/file | cut -c 1-32)
mkdir sets
# fetch EXIT_CODE TEXT URL…: downloads sets/file; the program must say TEXT, in one line if it fails.
fetch() {
  code=$1 text=$2
  shift 2
  use "$downloader" reel-tests-download
  if [ "$code" = 0 ]; then
    check 0 download file "$md5" sets "$@"
    says out "$text"
  else
    refuse "$code" "$text" download file "$md5" sets "$@"
  fi
  use "$reel" reel-mnist
}
arrived() { [ "$(wc -c <sets/file.part)" = "$1" ] || fail "$run: $(wc -c <sets/file.part) bytes of $1"; }
is_whole() {
  cmp -s served/file sets/file || fail "$run: not the file"
  [ ! -e sets/file.part ] || fail "$run: the part is left"
}

fetch 0 fetched "$url/good/file"
is_whole
: >requests
fetch 0 'was there' "$url/good/file"
[ ! -s requests ] || fail "$run: it was fetched again"
echo more >>sets/file
fetch 0 fetched "$url/good/file"
is_whole

rm sets/file
fetch 5 "$url/cut/file: curl: (18)" "$url/cut/file"
arrived 150000
says err "$folder/sets/file.part keeps the part"
fetch 5 "$url/cut/file: curl: (18)" "$url/cut/file"
arrived 225000
: >requests
fetch 0 fetched "$url/good/file"
is_whole
grep -q '/good/file bytes=225000-' requests || fail "$run: it began anew: $(cat requests)"

rm sets/file
fetch 5 "$url/cut/file" "$url/cut/file"
fetch 0 fetched "$url/plain/file" # a server that cannot go on begins anew
is_whole

rm sets/file
fetch 3 "expected $md5" "$url/wrong/file"
[ -z "$(ls sets)" ] || fail "$run: the wrong file is left"
cp served/file sets/file.part
echo more >>sets/file.part # longer than the file: what is there cannot be its beginning
fetch 0 fetched "$url/good/file"
is_whole

rm sets/file
fetch 5 "$url/missing/file: curl: (22)" "$url/missing/file"
fetch 5 'curl: (7)' http://127.0.0.1:1/file
fetch 0 fetched http://127.0.0.1:1/file "$url/missing/file" "$url/wrong/file" "$url/good/file"
is_whole

rm sets/file
(
  ulimit -f 100 # blocks of 512 or 1,024 bytes
  fetch 5 "$folder/sets/file.part: cannot be written" "$url/good/file"
  exit $failures
)
failures=$?
[ -s sets/file.part ] || fail 'a full disk: no part is left'
fetch 0 fetched "$url/good/file"
is_whole

# ---- reel-mnist itself: the published checksums
head -c 1000 /dev/urandom >served/train-images-idx3-ubyte.gz
refuse 3 'expected f68b3c2dcbeaaa9fbdd348bbdeb94873' data fetch mnist --to new/folder --mirror "$url/good"
[ -z "$(ls new/folder)" ] || fail "$run: files are left"
refuse 3 'expected bdb82020997e1d708af4cf47b453dcf7' data fetch kmnist --to new/folder --mirror "$url/good/"
refuse 5 "$url/cut/train-images-idx3-ubyte.gz: curl: (18)" data fetch fashion-mnist --to new/folder --mirror "$url/cut"
[ "$(wc -c <new/folder/train-images-idx3-ubyte.gz.part)" = 500 ] || fail "$run: no part"
refuse 5 "$url/none/gzip.zip: curl: (22)" data fetch emnist-letters --to new/folder --mirror "$url/none"
export REEL_MIRROR="$url/none"
refuse 5 "$url/none/train-images-idx3-ubyte.gz" data fetch mnist --to new/other
unset REEL_MIRROR
refuse 5 "$folder/served/file/folder: cannot be made" data fetch mnist --to served/file/folder
printf '#!/bin/sh\nPATH=/nowhere exec "%s" "$@"\n' "$reel" >reel-without-tools
printf '#!/bin/sh\nPATH=/nowhere exec "%s" "$@"\n' "$downloader" >downloader-without-tools
chmod +x ./*-without-tools
use "$folder/reel-without-tools" reel-mnist
refuse 5 'Hint: apt install curl' data fetch mnist --to new/other --mirror "$url/good"
use "$reel" reel-mnist

# ---- archives
extract() {
  code=$1 text=$2
  shift 2
  use "${without-$downloader}" reel-tests-download
  if [ "$code" = 0 ]; then check 0 extract "$@"; else refuse "$code" "$text" extract "$@"; fi
  use "$reel" reel-mnist
}
if command -v unzip >/dev/null; then
  python3 -c '
import zipfile
with zipfile.ZipFile("sets.zip", "w") as archive:
    archive.write("served/file", "gzip/file")'
  extract 0 '' sets.zip gzip/file taken
  cmp -s taken served/file || fail "$run: not the file"
  extract 3 "$folder/sets.zip: gzip/none cannot be extracted" sets.zip gzip/none other
  head -c 200000 sets.zip >short.zip
  extract 3 "$folder/short.zip: gzip/file cannot be extracted" short.zip gzip/file other
  [ -z "$(find . -maxdepth 1 -name "other*")" ] || fail "$run: a file is left"
  (
    ulimit -f 100
    extract 5 "$folder/other: cannot be written" sets.zip gzip/file other
    exit $failures
  )
  failures=$?
fi
without=$folder/downloader-without-tools
extract 5 'Hint: apt install unzip' sets.zip gzip/file other

finish
