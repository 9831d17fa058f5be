# Makes a program from the tables of the guide's dictionary: it runs each expression of the second
# column in a context of its own, and fails if one throws.
BEGIN { print "#include \"guide/dictionary.h\"\n" }

/^## / { ideas = /The ideas/ }

!ideas && /^\| / && !/^\| (PyTorch|NumPy) \|/ {
  if (!match($0, /\| `[^|`]*` \|$/)) {
    print "not an expression: " $0 >"/dev/stderr"
    exit failed = 1
  }
  expression = substr($0, RSTART + 3, RLENGTH - 6)
  ++rows
  printf "struct Row%d : Context {\n  void operator()() { static_cast<void>(%s); }\n};\n", rows, expression
  calls = calls "  failures += fails<Row" rows ">(R\"(" expression ")\");\n"
}

END {
  if (failed || rows < 80) exit 1
  print "\nint main() {\n  int failures = 0;\n" calls "  return failures != 0;\n}"
}
