# Reads a page in Markdown. With -v index_=1, prints its sections as entries for the search; otherwise
# prints the page with an identifier for each heading, which links such as (page.md#a-heading) refer
# to. `page` is the name of the file without its ending; the number before it is for the order alone.

BEGIN { sub(/^[0-9]+-/, "", page) }

function slug(heading) {
  heading = tolower(heading)
  gsub(/[^a-z0-9 _-]/, "", heading)
  gsub(/ /, "-", heading)
  return heading
}

# The identifier of a heading; that of the first is the page itself.
function identifier(heading) { return titled ? page "--" slug(heading) : page }

function quoted(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/"/, "\\\"", text)
  return "\"" text "\""
}

function end_section() {
  gsub(/\]\([^)]*\)|[`*\[]|^ +/, "", text)
  if (section != "") printf "[%s, %s, %s],\n", quoted(section), quoted(url), quoted(text)
  text = ""
}

/^```/ { code = !code }

!code && /^##* / {
  heading = $0
  sub(/^#* /, "", heading)
  id = identifier(heading)
  if (index_) {
    end_section()
    gsub(/`/, "", heading)
    if (!titled) title = heading
    section = titled ? title " › " heading : title
    url = page ".html" (titled ? "#" id : "")
    titled = 1
    next
  }
  titled = 1
  print $0 (id == "index" ? "" : " {#" id "}")
  next
}

code || /^```/ {
  if (!index_) print
  next
}

index_ { text = text " " $0; next }

{
  gsub(/\]\(#/, "&" page "--")
  while (match($0, /\]\([^)# ]*[a-z0-9-]+\.md#/)) {
    target = substr($0, RSTART + 2, RLENGTH - 6)
    sub(/.*\//, "", target)
    sub(/^[0-9]+-/, "", target)
    $0 = substr($0, 1, RSTART - 1) "](#" target "--" substr($0, RSTART + RLENGTH)
  }
  # a file of the repository, which `make` copies into the folder `source` of the site
  while (match($0, /\]\((\.\.\/)+[^)]*\.(cpp|h|py|sh)\)/)) {
    target = substr($0, RSTART + 2, RLENGTH - 2)
    gsub(/\.\.\//, "", target)
    $0 = substr($0, 1, RSTART - 1) "](source/" target substr($0, RSTART + RLENGTH)
  }
  print
}

END { if (index_) end_section() }
