#!/bin/sh
# reel-descent from outside: exit codes, messages, JSON, pictures. Argument: the program.
set -u
LC_ALL=C
export LC_ALL
unset NO_COLOR

program=$1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
case $program in /*) ;; *) program=$PWD/$program ;; esac
cd "$folder" || exit 1
failures=0

fail() {
  failures=$((failures + 1))
  echo "FAILED: $1"
  sed 's/^/  stdout: /' out | head -n 5
  sed 's/^/  stderr: /' err | head -n 5
}

# check EXIT_CODE ARGUMENTS…: runs the program into the files out and err.
check() {
  expected=$1
  shift
  run="reel-descent $*"
  "$program" "$@" >out 2>err </dev/null
  code=$?
  [ "$code" = "$expected" ] || fail "$run: exit code $code, expected $expected"
  if grep -q "$(printf '\033')" out err; then
    fail "$run: an escape code, though this is no terminal"
  fi
}

# refuse EXIT_CODE TEXT ARGUMENTS…: fails with one line on stderr, which holds the text.
refuse() {
  code=$1 text=$2
  shift 2
  check "$code" "$@"
  [ "$(grep -c '' err)" = 1 ] || fail "$run: expected one line on stderr"
  grep -q '^reel-descent: ' err || fail "$run: stderr does not name the program"
  grep -qF -- "$text" err || fail "$run: stderr does not say '$text'"
}

says() { grep -qF -- "$2" "$1" || fail "$run: $1 does not say '$2'"; }
# count N PATTERN: so many lines of out have it.
count() { [ "$(grep -c -- "$2" out)" = "$1" ] || fail "$run: not $1 lines with '$2'"; }

# ---- help and version
check 0 --version
grep -q '^reel-descent [0-9]' out || fail "$run: no version"
check 0 --help
for command in list show all race; do
  says out "$command"
done
for command in list show all race; do
  check 0 "$command" --help
  says out Example
  says out --json
  [ ! -s err ] || fail "$run: something on stderr"
done

# ---- usage
refuse 2 command
refuse 2 walk walk
refuse 2 extra list extra
refuse 2 lecture show
refuse 2 'Hint: newton' show newtom
refuse 2 '"12"' show 12
refuse 2 --out all
refuse 2 empty all --out ''
refuse 2 'Hint: newton' race --methods newtom
refuse 2 '"stepp"' race --methods bfgs:stepp=1
refuse 2 option=value race --methods momentum:step
refuse 2 '"x"' race --methods momentum:step=x
refuse 2 -1 race --methods momentum:step=-1
refuse 2 missing race --methods ,
refuse 2 '"foo"' race --methods random_restart:of=foo
refuse 2 'Hint: rosenbrock' race --on rosenbork
refuse 2 dimensions race --starts 1
refuse 2 dimensions race --starts 1,2,3
refuse 2 '"a"' race --starts 1,a
refuse 2 random race --starts random:0
refuse 2 residuals race --methods levenberg_marquardt --on nightmare
refuse 2 iterations race --iterations 0
refuse 2 seed race --seed -1

# ---- files
refuse 3 "$folder/nowhere" show 31 --data nowhere
refuse 5 "$folder/none/x.svg" race --out none/x.svg
refuse 5 folder race --out .
: >file
refuse 5 "$folder/file" all --out file
refuse 5 "$folder/file" show 14 --out file
if [ -w /dev/full ]; then
  for command in list 'show 14' race; do
    # shellcheck disable=SC2086 # the arguments are words
    "$program" $command >/dev/full 2>err </dev/null
    code=$?
    [ $code = 5 ] || fail "reel-descent $command >/dev/full: exit code $code, expected 5"
  done
fi
if [ "$(id -u)" != 0 ]; then
  mkdir closed
  chmod 500 closed
  refuse 5 "$folder/closed" all --out closed/new
fi

# ---- list
check 0 list
count 33 ''
says out 'fixed-step'
check 0 list --json
count 32 '^{"row":[0-9]*,"name":".*","lecture":".*","title":".*"}$'

# ---- show
check 0 show 14
for number in 19 606 2 301 1023; do
  grep -qE " $number +$number\$" out || fail "$run: $number is not there, in the notes and here"
done
says out '--out FOLDER'
cp out by_row
check 0 show fixed-step
cmp -s out by_row || fail "$run: not what the row's number shows"
check 0 show 14 --out new/pictures
grep -q '</svg>' new/pictures/fixed-step.svg || fail "$run: no picture"
check 0 show 14 --json
count 1 '^{"row":14,.*"holds":true,.*"traces":\[.*}$'
says out '"what":"points tracked with δ = 0.25","notes":"19","here":"19","value":19.0,"holds":true'
check 0 show 4
says out '13.62407544131'

# ---- race
check 0 race
says out conjugate_gradient
says out 'iteration limit'
cp out first
check 0 race
cmp -s out first || fail "$run: two runs of one seed differ"
check 0 race --methods bfgs,lbfgs,newton,newton_cg --on beale --starts '1,1;2,0' --out race.svg
[ "$(grep -c converged out)" -ge 4 ] || fail "$run: hardly any run converged"
grep -q '</svg>' race.svg || fail "$run: no picture"
check 0 race --methods gauss_newton,levenberg_marquardt --on rosenbrock_10 --out ten.svg
grep -q '</svg>' ten.svg || fail "$run: no picture"
check 0 race --methods random_search,hill_climbing,random_restart:of=momentum:restarts=3 \
  --on nightmare --starts random:2 --seed 5 --iterations 50 --json
count 6 '^{.*"evaluations":.*}$'
cp out first
check 0 race --methods random_search,hill_climbing,random_restart:of=momentum:restarts=3 \
  --on nightmare --starts random:2 --seed 5 --iterations 50 --json
cmp -s out first || fail "$run: two runs of one seed differ"
check 0 race --methods gradient_descent:step=10,bfgs
says out diverged
refuse 4 diverged race --methods gradient_descent:step=10

# ---- all
if [ -d /usr/share/datasets/fashion-mnist ]; then
  check 0 all --out everything
  says out 'findings hold'
  grep -q '✗' out everything/index.html && fail "$run: something does not hold"
  pictures=0
  for picture in everything/*.svg; do
    pictures=$((pictures + 1))
    name=$(basename "$picture")
    grep -qF "src=\"$name\"" everything/index.html || fail "$run: $name is not on the page"
  done
  [ "$(grep -c '<img' everything/index.html)" = "$pictures" ] ||
    fail "$run: the page shows other pictures than there are"
fi

[ $failures = 0 ] || { echo "$failures checks failed"; exit 1; }
