#!/bin/sh
# reel-descent as a program: exit codes, messages, JSON, pictures. Argument: the program.
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

# is_json: every line of out must be a JSON object; checked only if Python is installed.
is_json() {
  parse='import json, sys; [json.loads(line, parse_constant=sys.exit) for line in sys.stdin]'
  if command -v python3 >/dev/null && python3 -c '' 2>/dev/null; then
    python3 -c "$parse" <out 2>/dev/null || fail "$run: a line that is not JSON"
  fi
}
# count N PATTERN: exactly N lines of out must match.
count() { [ "$(grep -c -- "$2" out)" = "$1" ] || fail "$run: not $1 lines with '$2'"; }

# ---- help and version
check 0 --version
grep -q '^reel-descent [0-9]' out || fail "$run: no version"
check 0 --help
for command in list show all race; do
  says out "$command"
done
check 0 race --help
for option in methods on starts iterations seed out; do
  says out "--$option"
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
refuse 2 '"36"' show 36
refuse 2 'a\x0ab' show "$(printf 'a\nb')"
refuse 2 --out all
refuse 2 empty all --out ''
refuse 2 newton all --only 1,newtom --out new
[ ! -e new ] || fail "$run: it made the folder"
refuse 2 'Hint: newton' race --methods newtom
refuse 2 '"stepp"' race --methods bfgs:stepp=1
refuse 2 option=value race --methods momentum:step
refuse 2 '"x"' race --methods momentum:step=x
refuse 2 -1 race --methods momentum:step=-1
refuse 2 missing race --methods ,
refuse 2 missing race --methods bfgs,,newton
refuse 2 missing race --methods bfgs,
refuse 2 empty race --methods ''
refuse 2 empty race --starts ''
refuse 2 empty race --out ''
refuse 2 twice race --methods bfgs,newton,bfgs
refuse 2 twice race --methods momentum:step=1:step=2
refuse 2 'no options' race --methods newton:step=1
refuse 2 finite race --methods momentum:step=nan
refuse 2 finite race --methods momentum:step=1e999
refuse 2 '"1x"' race --methods momentum:step=1x
refuse 2 option=value race --methods momentum:step=
refuse 2 option=value race --methods momentum:=1
refuse 2 whole race --methods lbfgs:memory=-1
refuse 2 whole race --methods lbfgs:memory=1.5
refuse 2 'Hint: strong_wolfe' race --methods bfgs:line_search=strong_wolf
refuse 2 'bfgs' race --methods bfgs:line_search=backtracking
refuse 2 '"stepp"' race --methods random_restart:of=momentum:stepp=1
refuse 2 itself race --methods random_restart:of=random_restart
refuse 2 low race --methods random_search:low=1
refuse 2 '"foo"' race --methods random_restart:of=foo
refuse 2 'Hint: rosenbrock' race --on rosenbork
refuse 2 dimensions race --starts 1
refuse 2 dimensions race --starts 1,2,3
refuse 2 '"a"' race --starts 1,a
refuse 2 finite race --starts 1,inf
refuse 2 finite race --starts 1,
refuse 2 dimensions race --starts '1,2;'
refuse 2 random race --starts random:0
refuse 2 random race --starts random:1001
refuse 2 whole race --starts random:many
refuse 2 residuals race --methods levenberg_marquardt --on nightmare
refuse 2 iterations race --iterations 0
refuse 2 iterations race --iterations many
refuse 2 seed race --seed -1

# ---- files
refuse 3 "$folder/nowhere" show 31 --data nowhere
refuse 5 "$folder/none/x.svg" race --out none/x.svg
refuse 5 'Is a directory' race --out .
: >file
refuse 5 "$folder/file" all --out file
refuse 5 "$folder/file" show 14 --out file
refuse_full list
refuse_full show 14
refuse_full race
if [ "$(id -u)" != 0 ]; then
  mkdir closed
  chmod 500 closed
  refuse 5 "$folder/closed" all --out closed/new
fi

# ---- list
check 0 list
count 36 ''
says out 'fixed-step'
check 0 list --json
count 35 '^{"version":1,"row":[0-9]*,"name":".*","lecture":".*","title":".*"}$'

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
cp new/pictures/fixed-step.svg drawn.svg
check 0 show 14 --out new/pictures
cmp -s new/pictures/fixed-step.svg drawn.svg || fail "$run: another picture the second time"
check 0 show 14 --json
is_json
count 1 '^{"version":1,"row":14,.*"holds":true,.*"traces":\[.*}$'
says out '"source":"notes","what":"points tracked with δ = 0.25","expected":"19","here":"19","value":19.0,"holds":true'
check 0 show 14 --seed 2
says out 'seed 2'
refuse 2 seed show 14 --seed -1
check 0 all --only 2,9 --out two --json --seed 7
says out '"numbers_of_the_notes":{"hold":2,"total":2},"claims_of_ours":{"hold":5,"total":5}'
grep -qF '2 of 2 numbers of the notes, 5 of 5 claims of ours hold' two/index.html ||
  fail "$run: the page does not count the notes' numbers and ours"
check 0 show 4
says out '13.62407544131'

# ---- race
check 0 race --help
cp out functions
for method in gradient_descent momentum nesterov conjugate_gradient bfgs lbfgs newton damped_newton \
  newton_cg gauss_newton levenberg_marquardt random_search hill_climbing random_restart; do
  says functions "  $method"
  check 0 race --methods "$method" --on booth --iterations 3 --json --seed 7
  count 1 "^{\"version\":1,\"method\":\"$method\",\"on\":\"booth\""
  is_json
done
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
cp race.svg first.svg
check 0 race --methods bfgs,lbfgs,newton,newton_cg --on beale --starts '1,1;2,0' --out race.svg
cmp -s race.svg first.svg || fail "$run: another picture the second time"
random='random_search,hill_climbing,random_restart:of=momentum:restarts=3'
check 0 race --methods $random --on nightmare --starts random:2 --seed 5 --iterations 50 --json
count 6 '^{.*"evaluations":.*}$'
count 2 '"runs":\[0,1,[0-9]*,[0-9]*\]'
is_json
cp out first
check 0 race --methods $random --on nightmare --starts random:2 --seed 5 --iterations 50 --json
cmp -s out first || fail "$run: two runs of one seed differ"
check 0 race --methods $random --on nightmare --starts random:2 --seed 6 --iterations 50 --json
! cmp -s out first || fail "$run: another seed, the same results"
check 0 race --methods random_search --on nightmare --starts 1,1 --seed 5 --iterations 5 --json
cp out first
check 0 race --methods random_search --on nightmare --starts 1,1 --seed 6 --iterations 5 --json
! cmp -s out first || fail "$run: another seed, the same guesses"
# The first steps of gradient descent on x² + y² from (3, −4), by hand: θ becomes 0.8·θ.
check 0 race --methods gradient_descent --on sphere --iterations 2 --json
says out '"status":"iteration limit"'
says out '"iterations":2,"evaluations":{"values":3,"gradients":3,'
says out '"sweeps":6,'
grep -q '"points":\[\[3.0,-4.0\],\[2.4[0-9]*,-3.2[0-9]*\],\[1.9[0-9]*,-2.5[0-9]*\]\]' out ||
  fail "$run: not the path of gradient descent"
# ½‖√2·r‖² is the function itself: least-squares methods report its values.
check 0 race --methods levenberg_marquardt,bfgs --on line --json
[ "$(grep -c '"value":0.01[45]' out)" = 2 ] || fail "$run: not twice the minimum of 0.015"
check 0 race --methods gradient_descent:step=10,bfgs
says out diverged
check 0 race --methods gradient_descent:step=10,bfgs --json
count 1 '"status":"diverged"'
is_json
# A path that leaves all bounds is drawn as far as possible.
check 0 race --methods gradient_descent:step=1.5,bfgs --on sphere --iterations 3000 --out far.svg
grep -q '</svg>' far.svg || fail "$run: no picture"
! grep -qE '[ "M]-?(nan|inf)' far.svg || fail "$run: a number that is none in the picture"
refuse 4 diverged race --methods gradient_descent:step=10
says out diverged
refuse 4 'all 2 runs' race --methods gradient_descent:step=10,momentum:step=10 --out both.svg
grep -q '</svg>' both.svg || fail "$run: no picture"
for function in $(sed -n '/^Functions:/,/^Sweeps/p' functions | grep '^  '); do
  check 0 race --methods newton_cg,hill_climbing --on "$function" --iterations 20 --out one.svg
  grep -q '</svg>' one.svg || fail "$run: no picture"
done

# ---- all
if [ -d /usr/share/datasets/fashion-mnist ]; then
  # a row of each kind: text, a table, a network on the data, curves, level lines with paths; the others
  # are in lectures_test.cpp
  check 0 all --only 1,6,12,14,17,24 --out everything
  says out '8 of 8 numbers of the notes'
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

finish
