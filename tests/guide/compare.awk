# Compares its input with the lines of the file `expected`, in which … stands for anything on its line.
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
}
