# The functions that the tests of programs share: they run a program and check its output. Source
# this file with the program as the first argument; it leaves the shell in a new, empty folder,
# "$folder".
set -u
LC_ALL=C
export LC_ALL
unset NO_COLOR

program=$1
name=$(basename "$program")
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
case $program in /*) ;; *) program=$PWD/$program ;; esac
cd "$folder" || exit 1
failures=0

# Ends the test as skipped if there is no Python.
require_python() {
  python3 -c '' 2>/dev/null || { echo 'skipped: no python3'; exit 77; }
}

fail() {
  failures=$((failures + 1))
  echo "FAILED: $1" | cut -c1-300
  sed 's/^/  stdout: /' out | head -n 5 | cut -c1-300
  sed 's/^/  stderr: /' err | head -n 5 | cut -c1-300
}

# check EXIT_CODE ARGUMENTS…: runs the program; its output goes to the files out and err.
check() {
  expected=$1
  shift
  run="$name $*"
  "$program" "$@" >out 2>err </dev/null
  code=$?
  [ "$code" = "$expected" ] || fail "$run: exit code $code, expected $expected"
  if grep -q "$(printf '\033')" out err; then
    fail "$run: an escape code, though this is no terminal"
  fi
}

# refuse EXIT_CODE TEXT ARGUMENTS…: the program must fail with one line on stderr that contains
# TEXT.
refuse() {
  code=$1 text=$2
  shift 2
  check "$code" "$@"
  [ "$(grep -c '' err)" = 1 ] || fail "$run: expected one line on stderr"
  [ "$(wc -c <err)" -le 1000 ] || fail "$run: a message of $(wc -c <err) bytes"
  grep -q "^$name: " err || fail "$run: stderr does not name the program"
  grep -qF -- "$text" err || fail "$run: stderr does not say '$text'"
}

# refuse_full ARGUMENTS…: writing results to a full disk must be a system error.
refuse_full() {
  [ -c /dev/full ] || return 0
  "$program" "$@" >/dev/full 2>err </dev/null
  code=$?
  : >out
  [ $code = 5 ] || fail "$name $* >/dev/full: exit code $code, expected 5"
}

says() { grep -qF -- "$2" "$1" || fail "$run: $1 does not say '$2'"; }

# Prints the number of failures; exits with 1 if there are any.
finish() { [ $failures = 0 ] || { echo "$failures checks failed"; exit 1; }; }
