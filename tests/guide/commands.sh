#!/bin/sh
# Runs each `sh` block of the page $1 in one new folder, and compares what it prints with the `text`
# block that follows it, if there is one. $2: the folder of the programs. Skipped without the images
# of Fashion-MNIST.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
page=$1
programs=$(cd "$2" && pwd)
PATH=$programs:$PATH
export PATH
unset COLUMNS
reel-mnist data >/dev/null 2>&1 || { echo 'skipped: no images'; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/blocks" "$work/place"
awk -v blocks="$work/blocks/" '
  /^```sh$/ { file = blocks sprintf("%02d.sh", ++n); next }
  /^```text$/ { if (after) file = blocks sprintf("%02d.text", n); next }
  /^```$/ { after = file ~ /sh$/; close(file); file = ""; next }
  file != "" { print >file }
  file == "" && /./ { after = 0 }' "$page"
cd "$work/place"
for block in "$work"/blocks/*.sh; do
  if ! sh -eu "$block" >"$work/printed" 2>"$work/errors"; then
    echo 'these commands failed:'
    cat "$block" "$work/errors"
    exit 1
  fi
  text=${block%.sh}.text
  [ ! -e "$text" ] || awk -v expected="$text" -f "$here/compare.awk" "$work/printed"
done
