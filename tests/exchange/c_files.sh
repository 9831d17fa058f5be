#!/bin/sh
# Compiles random networks as C99 with warnings as errors, by each compiler that is there, and runs
# their self-tests. Argument: the program that writes them.
set -eu
networks=$(mktemp -d)
trap 'rm -r "$networks"' EXIT
"$1" "$networks" 20
# as_cpp COMPILER FILE: as C++, the file has no warnings, and its function is that of C.
as_cpp() {
  "$1" -x c++ -std=c++17 -Wall -Wextra -pedantic -Werror -O1 -c "$2" -o "$networks/cpp.o"
  for object in library cpp; do nm "$networks/$object.o" | sed -n 's/.* T //p' > "$networks/$object.names"; done
  [ "$(wc -l < "$networks/cpp.names")" = 1 ] && cmp -s "$networks/library.names" "$networks/cpp.names" ||
    { echo "$1: $2 has in C++ the functions $(cat "$networks/cpp.names")"; exit 1; }
}
tested=0
for compiler in gcc clang; do
  command -v $compiler > /dev/null || continue
  found=$compiler
  for file in "$networks"/*.c; do
    $compiler -std=c99 -Wall -Wextra -pedantic -Werror -O1 -c "$file" -o "$networks/library.o"
    $compiler -std=c99 -Wall -Wextra -pedantic -Werror -O1 -DREEL_SELF_TEST "$file" -o "$networks/test" -lm
    "$networks/test" > "$networks/said" || { echo "$compiler: $file: $(cat "$networks/said")"; exit 1; }
    [ "${file%_named.c}" = "$file" ] || as_cpp "$compiler" "$file"
    tested=$((tested + 1))
  done
done
[ $tested -gt 0 ] || { echo 'skipped: there is no C compiler'; exit 77; }

# The self-test notices a wrong sum.
noticed=0
for file in "$networks"/*.c; do
  sed 's/sum += part/sum -= part/' "$file" > "$networks/wrong.C"
  $found -std=c99 -O1 -DREEL_SELF_TEST -x c "$networks/wrong.C" -o "$networks/test" -lm
  "$networks/test" > /dev/null || noticed=$((noticed + 1))
done
[ $noticed -ge 30 ] || { echo "only $noticed of 40 self-tests notice a wrong sum"; exit 1; }
echo "$tested files"
