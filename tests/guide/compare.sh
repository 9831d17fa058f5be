#!/bin/sh
# Runs the program $1 in a new folder and compares what it prints with the file $2; see compare.awk.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
status=0
"$1" >printed || status=$?
[ "$status" = 0 ] || { cat printed; echo "the program ended with $status"; exit 1; }
awk -v expected="$2" -f "$here/compare.awk" printed
