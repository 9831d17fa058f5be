# Writes OUTPUT: a source file that defines the texts which report/assets.h declares. FILES: the
# files of report/ with these texts; page.css becomes page_css.
set(code "// Made by cmake/embed.cmake from the files of report/.\n#include <reel/report/assets.h>\n\n")
string(APPEND code "namespace reel::html {\n\n")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  get_filename_component(name ${file} NAME)
  string(REPLACE "." "_" name ${name})
  string(APPEND code "const std::string_view ${name} = R\"embedded(${text})embedded\";\n")
endforeach()
file(WRITE ${OUTPUT} "${code}\n}  // namespace reel::html\n")
