# Makes a program from the tables of the dictionary: it runs each expression of the second column, each
# in a context of its own, and fails if one throws.
BEGIN { print "#include \"guide/dictionary.h\"\n\nint main() {" }
/^## / { section = substr($0, 4); code = section !~ /^The ideas/ }
code && /^\| `?[^|-]/ && !/^\| (PyTorch|NumPy) \|/ {
  if (!match($0, /\| `[^|`]*` \|$/)) {
    print "not an expression: " $0 >"/dev/stderr"
    exit 1
  }
  expression = substr($0, RSTART + 3, RLENGTH - 6)
  row = expression
  gsub(/["\\]/, "\\\\&", row)
  printf "  run(R\"(%s)\", [](Context& c) {\n    REEL_DICTIONARY_NAMES(c);\n    static_cast<void>(%s);\n  });\n", row, expression
  ++rows
}
END {
  if (rows < 80) exit 1
  print "  return failures;\n}"
}
