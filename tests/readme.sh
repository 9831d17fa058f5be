#!/bin/sh
# Runs every command of README.md's `sh` blocks in a new clone, in a folder with spaces in its name:
# sh tests/readme.sh FOLDER; FOLDER must not exist. The tests and their summary come last.
set -eu
source=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
mkdir -p "$1"
clone="$(readlink -f -- "$1")/a fresh clone"
git clone -q "$source" "$clone"
cd "$clone"

# run COMMAND: names the command if it fails.
run() {
  echo "readme: $1"
  sh -eu -c "$1" >"$clone.log" 2>&1 || {
    tail -n 40 "$clone.log"
    echo "readme: this command failed: $1"
    exit 1
  }
}

run './reel train --epochs 1'  # builds only a part, so later commands must build the rest
HOME=$clone/build/home
export HOME
mkdir "$HOME"
# Runs the blocks in reverse order, so that none relies on an earlier one; the tests come last.
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
