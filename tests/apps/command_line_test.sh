#!/bin/sh
# The command line of a program: mistakes, --help, and the layers of settings: the command line, the
# environment, files of --config. Argument: the program.
# shellcheck source=tests/apps/harness.sh
. "$(dirname "$0")/harness.sh"

: >out >err
# configured: the options that --print-config says are set, without comments, one a line.
configured() { sed '/^;/d; /^$/d; /^\[/d' out; }
# is_configured TEXT: exactly these options are set; TEXT has `;` between them.
is_configured() {
  [ "$(configured | tr '\n' ';')" = "$1" ] ||
    fail "$run: sets $(configured | tr '\n' ';'), expected $1"
}
# options_of COMMAND: the long options of --help, each with the type of its value.
options_of() {
  "$program" "$1" --help | sed 's/^  -h,/  /' | awk '/^  --/ {
    sub(/=.*/, "", $2); print substr($1, 3), $2 ~ /^[A-Z][A-Z.,-]*$/ ? $2 : "" }'
}

case $name in
  reel-mnist)
    set='train --batch 8 --lr 0.5' batch=batch
    ;;
  reel-descent)
    set='race --iterations 8 --on beale' batch=iterations
    ;;
  *) echo "no checks for $name"; exit 1 ;;
esac
command=${set%% *}
# All commands but completion and man, which are the same in all programs.
commands=$("$program" --help | sed -n '/^Subcommands:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p' |
  grep -vx -e completion -e man | tr '\n' ' ')
commands=${commands% }

# ---- every option of every command: a line in --help, a variable, a key of a file
"$program" completion bash >script
# takes FILE VARIABLES…: whether the options in the variables and in FILE are taken.
takes() {
  file=$1
  shift
  # shellcheck disable=SC2086
  env "$@" "$program" $each $arguments --config "$file" --print-config >out 2>err </dev/null
}
for each in $commands; do
  case $each in
    show) arguments=14 ;;
    diff) arguments='a b' ;;
    all) arguments='--out out' ;;
    eval | export | predict) arguments='--load net' ;;
    *) arguments= ;;
  esac
  options_of "$each" >options
  [ "$(grep -c . options)" -ge 3 ] || fail "$each --help: lists $(grep -c . options) options"
  [ "$("$program" "$each" --help | wc -L)" -le 80 ] || fail "$each --help: wider than 80 columns"
  while read -r option type; do
    case $each-$option in
      *-help | *-config) continue ;;
      train-resume) continue ;;  # needs a run
      all-out | eval-load | export-load | predict-load) continue ;;  # given as arguments
      gradcheck-optimizer) also='digits = true' ;;
      export-int8) also='c = net.c' ;;
      *) also= ;;
    esac
    variable=REEL_$(echo "$option" | tr 'a-z-' 'A-Z_')
    run="$name $each, $variable"
    names=$(sed -n "s|^ *'$each/--$option') words='\([^ ']*\).*|\1|p" script)
    [ -n "$type" ] || names=true
    value=
    echo "$also" >file
    for value in ${names:-2 0.5 1 16-10 some/text}; do
      takes file "$variable=$value" && break
    done
    configured | grep -qx "$option = $value" || fail "$run: does not set $option"
    echo "$option = $value" >>file
    takes file && configured | grep -qx "$option = $value" ||
      fail "$run: $option = $value in a file does not set it"
  done <options
done

# ---- the order of the layers
check 0 $command --print-config
is_configured ''
check 0 $set --print-config
cp out printed
case $name in
  reel-mnist) is_configured 'batch = 8;lr = 0.5;' ;;
  reel-descent) is_configured 'on = beale;iterations = 8;' ;;
esac
check 0 $command --config printed --print-config
cmp -s out printed || fail "$run: --print-config does not read back"
check 0 $command --config printed --print-config --seed 3 --$batch 9
configured | grep -qx 'seed = 3' || fail "$run: no seed"
configured | grep -qx "$batch = 9" || fail "$run: the file wins over the command line"
REEL_CONFIG=printed check 0 $command --print-config
cmp -s out printed || fail "$run: REEL_CONFIG is not read"
variable=REEL_$(echo $batch | tr a-z A-Z)
env $variable=7 "$program" $command --config printed --print-config >out
run="$variable=7 $name $command --config"
configured | grep -qx "$batch = 7" || fail "$run: the file wins over the environment"
env $variable=7 "$program" $command --print-config --$batch 6 >out
run="$variable=7 $name $command --$batch 6"
is_configured "$batch = 6;"
env $variable= "$program" $command --print-config >out
is_configured ''

# ---- the form of a file
other=$(echo "$commands" | sed "s/ *$command *//; s/ .*//")
printf 'seed=4\r\n\n; a comment\n# another\n[%s]\n  %s =  5  ; why\njson=true\n[%s]\nno = sense\n' \
  "$command" "$batch" "$other" >file
check 0 $command --config file --print-config
for line in 'seed = 4' "$batch = 5" 'json = true'; do
  configured | grep -qx "$line" || fail "$run: no $line"
done
case $name in
  reel-mnist) key=save ;;
  reel-descent) key=out ;;
esac
for value in ' spaces ' 'a;b #c' '"quoted"' "it's" 'a=b' 'a"b' '; x' 'ü'; do
  check 0 $command --$key "$value" --print-config
  cp out printed
  check 0 $command --config printed --print-config
  cmp -s out printed || fail "$run: $value does not read back"
done
refuse 2 'more than one line' $command --$key "$(printf 'a\nb')" --print-config
wrong() {  # wrong MESSAGE LINES: refused, naming file and line
  printf '%b' "$2" >file
  refuse 3 "[config] $folder/file, line $1" $command --config file
}
wrong "2: \"${batch}s\" is no option of $command. Hint: $batch" "\n${batch}s = 3\n"
wrong '1: "config" is no option' 'config = other\n'
wrong "2: no command is called \"x$command\". Hint: $command." "\n[x$command]\n"
wrong '1: "[x" does not end' '[x\n'
wrong '1: "json" is not of the form key = value' 'json\n'
wrong "3: $batch is set a second time; the first is in line 1" "$batch = 1\n\n$batch = 2"
wrong "1: $batch is \"0\", expected a whole number from 1 to 1,073,741,824." "$batch = 0"
wrong '1: json is "maybe", expected true or false' 'json = maybe'
wrong '1: seed is "", expected a whole number' 'seed =\n'
refuse 3 "$folder/none: cannot be opened" $command --config none
refuse 5 "$folder/.: " $command --config .
refuse 2 'is "", expected a text' $command --config ''
head -c 2000000 /dev/zero | tr '\0' ';' >file
refuse 3 "$folder/file" $command --config file

# ---- mistakes
refuse 2 "no command, expected $(echo "$commands" | sed 's/ /, /g'), completion or man."
refuse 2 "there is no command \"${command}e\", expected" "${command}e"
says err "Hint: $command."
refuse 2 "Hint: see \`$name --help\`" zzzz
refuse 2 'there is no option "--walk"' --walk
refuse 2 "unexpected argument \"walk\"" $command walk
refuse 2 "$command has no option \"--${batch}es\". Hint: --$batch" $command --${batch}es=3
refuse 2 "$command has no option \"--zzzzzzz\". Hint: see \`$name $command --help\`." $command --zzzzzzz 3
refuse 2 "--$batch has no value" $command --$batch
for value in 0 -3 1.5 many 99999999999 99999999999999999999 ''; do
  refuse 2 "--$batch is \"$value\", expected a whole number from 1 to 1,073,741,824." \
    $command --$batch "$value"
done
refuse 2 '--json is "abc", expected true or false.' $command --json=abc
refuse 2 "--$batch is \"xx" $command --$batch "$(head -c 5000 /dev/zero | tr '\0' x)"
export $variable=0
refuse 2 "$variable is \"0\", expected a whole number from 1 to 1,073,741,824." $command
refuse 2 "--$batch is \"-1\", expected" $command --$batch -1
check 0 $command --help
check 0 $command --$batch x --help
unset $variable
case $name in
  reel-mnist)
    refuse 2 'Hint: --epochs.' train --epoch 3
    refuse 2 'Hint: --optimizer.' train --optimiser adam
    refuse 2 'Hint: --dropout.' train --drop-out 0.1
    refuse 2 'Hint: --batch' train --batch-size 3
    refuse 2 'Hint: --load' eval --lod net
    refuse 2 '--load is required' eval
    refuse 2 '--optimizer is "adamm", expected one of 13 names. Hint: adam,' train --optimizer adamm
    refuse 2 '--optimizer is "xyzzyx", expected sgd, momentum,' train --optimizer xyzzyx
    refuse 2 '--activation is "swish", expected one of 15 names. Hint: hard_swish,' train --activation swish
    check 0 train --optimizer Adam --activation ReLU --print-config
    is_configured 'activation = relu;optimizer = adam;'
    check 0 train --help
    tr -s ' \n' '  ' <out >words
    says words 'keeps [momentum, nesterov 0.9; else 0]'
    says words 'divided [adadelta 1e-06; adagrad 1e-10; else 1e-08]'
    for value in 0 -1 nan inf 1e999 x; do
      refuse 2 "--lr is \"$value\", expected a finite number above 0." train --lr $value
    done
    for value in 1 -0.1 nan x; do
      refuse 2 "--dropout is \"$value\", expected a number from 0 up to, but not including, 1." \
        train --dropout $value
    done
    refuse 2 '--order excludes --digits' gradcheck --digits --order 1
    REEL_LR=x refuse 2 '--load is required' eval  # the variable of another command
    ;;
  reel-descent)
    refuse 2 '--on is "rosenbork", expected one of' race --on rosenbork
    says err 'names. Hint: rosenbrock.'
    check 0 all --only 1,14 --out 'a b' --print-config
    is_configured 'only = 1,14;out = a b;'
    cp out printed
    check 0 all --config printed --print-config
    cmp -s out printed || fail "$run: a list does not read back"
    ;;
esac

finish
