#!/bin/sh
# Stops a training at random times, in every way, and continues it: the weights, the log and the last
# checkpoint must be those of a run that was never stopped, bit for bit. Arguments: the program, how
# often for each way of stopping, and the options that choose data and network.
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"
count=$2
shift 2
everything="--batch-norm --dropout 0.2 --optimizer momentum --lr 0.05 --average 0.99 --rotate 7.5
  --elastic 36 --shift 1 --schedule cosine --warm-up 0.5 --label-smoothing 0.1 --patience 5
  --clip-norm 5 --epochs 3 --checkpoint run --checkpoint-every 40 --save net $*"

newest() { find "$1" -name 'checkpoint-*' | sort | tail -n 1; }
now() { date +%s%N; }
# random LIMIT: a number below it; the numbers of a run are always the same.
seed=1
random() {
  seed=$(((seed * 1103515245 + 12345) % 2147483648))
  echo $((seed / 8 % $1))
}
# train FOLDER OPTIONS…: trains in a folder of its own, and leaves the exit code in `code`.
train() {
  place=$1
  shift
  mkdir -p "$place"
  # shellcheck disable=SC2086
  (cd "$place" && exec env --default-signal=INT,TERM "$program" train "$@" >out 2>err </dev/null)
  code=$?
}
compare() {
  for file in net run/log.jsonl "$(cd whole && newest run)"; do
    case $file in run/checkpoint*) other=$(cd "$1" && newest run) ;; *) other=$file ;; esac
    cmp -s "whole/$file" "$1/$other" || fail "$run: another $file"
  done
}

run='the whole run'
begin=$(now)
# shellcheck disable=SC2086
train part $everything --threads 2
mv part whole
[ $code = 0 ] || { cat whole/err; fail "$run: exit code $code"; finish; exit 1; }
length=$((($(now) - begin) / 1000000))  # milliseconds
echo "a whole run takes $length ms"

# storm SIGNAL EXIT_CODE: stops at random times until the run has ended once.
storm() {
  slowest=0 stops=0 missed=0 i=0
  while [ $i -lt "$count" ]; do
    i=$((i + 1))
    run="SIG$1, number $i"
    rm -rf part
    mkdir part
    threads=$((i % 2 + 1))
    # shellcheck disable=SC2086
    (cd part && exec env --default-signal=INT,TERM "$program" train $everything --threads $threads \
      >out 2>err </dev/null) &
    process=$!
    sleep "$(printf '0.%03d' $(($(random "$length") % 1000)))"
    [ "$length" -lt 1000 ] || sleep "$(random $((length / 1000)))"
    begin=$(now)
    kill -s "$1" $process 2>/dev/null
    wait $process 2>/dev/null
    code=$?
    took=$((($(now) - begin) / 1000000))
    if [ $code = 0 ]; then
      missed=$((missed + 1))
    else
      stops=$((stops + 1))
      [ $code = "$2" ] || fail "$run: exit code $code, expected $2"
      [ $took -le $slowest ] || slowest=$took
      if [ -n "$(newest part/run 2>/dev/null)" ]; then
        train part --resume run --threads $((3 - threads))
      else
        [ "$1" = KILL ] || [ ! -s part/out ] || fail "$run: no checkpoint, though it was training"
        # shellcheck disable=SC2086
        train part $everything
      fi
      [ $code = 0 ] || { tail -n 1 part/err; fail "$run: the resumed run ended with $code"; }
    fi
    compare part
  done
  echo "SIG$1: stopped $stops times, ended before it $missed times, the slowest after $slowest ms"
}
storm INT 130
storm TERM 143
storm KILL 137

# Two signals: the second ends the program at once; what is saved can be continued.
i=0
while [ $i -lt $((count / 10 + 1)) ]; do
  i=$((i + 1))
  run="two SIGINT, number $i"
  rm -rf part
  mkdir part
  # shellcheck disable=SC2086
  (cd part && exec env --default-signal=INT,TERM "$program" train $everything >out 2>err </dev/null) &
  process=$!
  sleep "$(printf '0.%03d' $(($(random 900) + 50)))"
  kill -s INT $process 2>/dev/null
  kill -s INT $process 2>/dev/null
  wait $process 2>/dev/null
  code=$?
  case $code in 0 | 130) ;; *) fail "$run: exit code $code" ;; esac
  if [ -n "$(newest part/run 2>/dev/null)" ]; then train part --resume run; else train part $everything; fi
  compare part
done

finish
