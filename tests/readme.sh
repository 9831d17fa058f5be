#!/bin/sh
# Runs every command of README.md's `sh` blocks in a fresh clone, in a folder with spaces in its name:
# sh tests/readme.sh FOLDER, which must not exist. The tests come last, and their summary with them.
set -eu
source=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
mkdir -p "$1"
clone="$(readlink -f -- "$1")/a fresh clone"
git clone -q "$source" "$clone"
cd "$clone"

# run COMMAND: says which one fails.
run() {
  echo "readme: $1"
  sh -eu -c "$1" >"$clone.log" 2>&1 || {
    tail -n 40 "$clone.log"
    echo "readme: this command failed: $1"
    exit 1
  }
}

run './reel train --epochs 1'  # builds the least, so the commands after it have to build the rest
HOME=$clone/build/home
export HOME
mkdir "$HOME"
# The blocks from the last to the first, so that none relies on those before it; the tests wait.
awk '/^```sh$/ { inside = 1; block = ""; next }
     /^```$/ && inside { inside = 0; all = block all; next }
     inside && $0 != "./reel test" { block = block $0 "\n" }
     END { printf "%s", all }' README.md >"$clone.commands"
grep -qx './reel descent all --out lectures' "$clone.commands"
while IFS= read -r command; do run "$command" </dev/null; done <"$clone.commands"
[ -z "$(git status --porcelain)" ] || {
  git status --porcelain
  echo 'readme: the commands changed the source tree'
  exit 1
}
exec ./reel test
