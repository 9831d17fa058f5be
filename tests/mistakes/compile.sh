#!/bin/sh
# compile.sh COMPILER INCLUDE_FOLDER: checks that the compiler gives the messages of
# compile_time.txt. Prints the mistakes whose message is another one.
set -u
compiler=$1
include=$(cd "$2" && pwd) || exit 1
flags="-std=c++20 -march=native -Wall -Wextra -DREEL_F64 -DXTENSOR_USE_XSIMD -Iinclude"
table=$(cd "$(dirname "$0")" && pwd)/compile_time.txt
case $(basename "$compiler") in
  *clang*) name=clang++ ;;
  *) name=g++ ;;
esac
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
ln -s "$include" include || exit 1  # its path may have a space

# The headers are parsed once. Entries with options of their own read real.h, which checks them.
echo '#include <reel/reel.h>' >all.h
if [ $name = clang++ ]; then
  all='-include-pch all.h.pch'
  "$compiler" $flags -x c++-header all.h -o all.h.pch || exit 1
else
  all='-include all.h'
  "$compiler" $flags -x c++-header all.h -o all.h.gch || exit 1
fi

count=0 wrong=0
check() {
  [ -n "$what" ] || return 0
  count=$((count + 1))
  if [ -n "$options" ]; then
    echo '#include <reel/autodiff/core/real.h>' >code.cpp
    "$compiler" $flags $options -fsyntax-only code.cpp >message 2>&1
  else
    "$compiler" $flags $all -fsyntax-only code.cpp >message 2>&1
  fi
  if [ -z "$says" ] || ! sed "s/[‘’]/'/g" message | grep -qF -- "$says"; then
    echo "mistakes: $what"
    echo "  expected: $says"
    grep -E 'error|warning|note' message | head -n 5 | sed 's/^/  /'
    wrong=$((wrong + 1))
  fi
}

what='' says='' options=''
while IFS= read -r line; do
  case $line in
    '- '*)
      check
      what=${line#- } says='' options=''
      echo 'using namespace reel;' >code.cpp
      ;;
    'says: '*) says=${line#says: } ;;
    "$name: "*) says=${line#"$name: "} ;;
    'options: '*) options=${line#options: } ;;
    '  '*) echo "$line" >>code.cpp ;;
  esac
done <"$table"
check

# the code that is right gives no message
echo 'reel::Var f(const reel::Var& x) { return reel::tanh(x); }' >code.cpp
"$compiler" $flags $all -Werror -fsyntax-only code.cpp || wrong=$((wrong + 1))
echo "$count mistakes, $wrong of them with another message than expected"
[ $wrong = 0 ] && [ $count -gt 30 ]
