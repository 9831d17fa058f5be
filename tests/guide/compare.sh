#!/bin/sh
# Runs the program $1 in a new folder and compares what it prints with the file $2. In that file, …
# stands for anything on its line.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
status=0
"$1" >printed || status=$?
[ "$status" = 0 ] || { cat printed; echo "the program ended with $status"; exit 1; }
awk -v expected="$2" '
  function agrees(line, pattern,  parts, n, i, at) {
    n = split(pattern, parts, "…")
    if (n < 2) return line == pattern
    if (index(line, parts[1]) != 1) return 0
    for (i = 1; i <= n; ++i) {
      if (parts[i] == "") continue
      at = index(line, parts[i])
      if (!at) return 0
      line = substr(line, at + length(parts[i]))
    }
    return parts[n] == "" || line == ""
  }
  BEGIN { while ((getline line < expected) > 0) wanted[++n] = line }
  {
    if (NR > n || !agrees($0, wanted[NR])) {
      print "line " NR " is not as on the page\nprinted: " $0 "\npage:    " wanted[NR]
      failed = 1
    }
  }
  END {
    if (NR < n) print "the page has " n " lines, the program prints " NR
    exit failed || NR < n
  }' printed
