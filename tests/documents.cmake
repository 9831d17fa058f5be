# The programs in the README, in docs/ and in the guide, and the site of the documentation.

# Compiles the programs in a document without changes. For each program: the library to link and the
# expected output.
function(add_document_tests document)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${document})
  file(READ ${PROJECT_SOURCE_DIR}/${document} text)
  string(REPLACE ";" "<semicolon>" text "${text}")
  string(REGEX MATCHALL "```cpp\n[^`]*```" blocks "${text}")
  get_filename_component(name ${document} NAME_WE)
  string(TOLOWER ${name} name)
  set(number 0)
  foreach(block IN LISTS blocks)
    list(POP_FRONT ARGN library expected)
    math(EXPR number "${number} + 1")
    string(REPLACE "<semicolon>" ";" block "${block}")
    string(REGEX REPLACE "^```cpp\n|```$" "" block "${block}")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}_${number}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "${block}" @ONLY)
    add_executable(${name}-${number} ${source})
    target_link_libraries(${name}-${number} PRIVATE ${library} reel_build)
    use_precompiled_header(reel_header ${name}-${number})
    add_test(NAME docs/${name}-${number} COMMAND ${name}-${number})
    set_tests_properties(docs/${name}-${number} PROPERTIES PASS_REGULAR_EXPRESSION "${expected}")
  endforeach()
  if(ARGN OR NOT expected)
    message(FATAL_ERROR "${document} has ${number} programs; give each its library and output here.")
  endif()
endfunction()
add_document_tests(README.md
  reel::f32 "test accuracy 0\\.8"
  reel::f32 "R² 0\\.99"
  reel::f32 "f''\\(1\\) = 2\\.61.*dy/dx = 0\\.75"
  reel::f32 "after AdamW .*converged at "
  reel::f64 "right within .*derivatives compared.*.affine_relu. at .0.: forward, the value is not finite")
add_document_tests(docs/minimize.md reel::f64 "^converged: x = 0\\.6931, 0\\.6931 after")
add_document_tests(docs/pytorch-weights.md reel::f64
  "Hint: {.rename = {{\"fc1\", \"0\"}, {\"norm\", \"1\"}, {\"fc2\", \"3\"}}}.*loaded 6 tensors")
add_document_tests(docs/adding-an-operation.md reel::f64 "^right.*y''\\(1\\) = -0\\.3634")

# Compiles each program of the guide, and compares what it prints with the block after it. A program
# that says so in its first line is linked to reel::f64, all others to reel::f32.
function(add_guide_tests page)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  file(READ ${page} text)
  string(REPLACE ";" "<semicolon>" text "${text}")
  string(REPLACE "[" "<open>" text "${text}")  # a list is not split between brackets
  string(REPLACE "]" "<close>" text "${text}")
  string(REGEX MATCHALL "```cpp\n[^`]*```\n\n```text\n[^`]*```" examples "${text}")
  string(REGEX MATCHALL "```cpp" programs "${text}")
  list(LENGTH examples number)
  list(LENGTH programs expected)
  if(NOT number EQUAL expected)
    message(FATAL_ERROR "${page}: each program needs a block with its output after it.")
  endif()
  get_filename_component(name ${page} NAME_WE)
  string(REGEX REPLACE "^[0-9]+-" "" name ${name})
  set(number 0)
  foreach(example IN LISTS examples)
    math(EXPR number "${number} + 1")
    string(REPLACE "<semicolon>" ";" example "${example}")
    string(REPLACE "<open>" "[" example "${example}")
    string(REPLACE "<close>" "]" example "${example}")
    string(REGEX REPLACE "^```cpp\n([^`]*)```.*" "\\1" program "${example}")
    string(REGEX REPLACE ".*```text\n([^`]*)```$" "\\1" output "${example}")
    set(target guide-${name}-${number})
    set(base ${CMAKE_CURRENT_BINARY_DIR}/${target})
    file(CONFIGURE OUTPUT ${base}.cpp CONTENT "${program}" @ONLY)
    file(CONFIGURE OUTPUT ${base}.txt CONTENT "${output}" @ONLY)
    set(library reel::f32)
    if(program MATCHES "^// Link reel::f64")
      set(library reel::f64)
    endif()
    add_executable(${target} ${base}.cpp)
    target_compile_options(${target} PRIVATE ${test_optimisation})
    target_link_libraries(${target} PRIVATE ${library} reel_build)
    use_precompiled_header(${test_header} ${target})
    add_test(NAME docs/${target} COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/guide/compare.sh
                                         $<TARGET_FILE:${target}> ${base}.txt)
  endforeach()
endfunction()
file(GLOB guide_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/guide/*.md)
foreach(page IN LISTS guide_pages)
  add_guide_tests(${page})
endforeach()

if(REEL_APPS)
  add_test(NAME docs/guide-program-commands
           COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/guide/commands.sh
                   ${PROJECT_SOURCE_DIR}/docs/guide/16-program.md $<TARGET_FILE_DIR:reel-mnist>)
  set_tests_properties(docs/guide-program-commands PROPERTIES SKIP_RETURN_CODE 77)
endif()

# Compiles and runs each expression in the tables of the guide's dictionary.
set(dictionary ${PROJECT_SOURCE_DIR}/docs/guide/12-dictionary.md)
set(dictionary_script ${CMAKE_CURRENT_SOURCE_DIR}/guide/dictionary.awk)
add_custom_command(OUTPUT dictionary.cpp
                   COMMAND sh -c "awk -f '${dictionary_script}' '${dictionary}' >dictionary.cpp"
                   DEPENDS ${dictionary} ${dictionary_script} VERBATIM)
add_executable(guide-dictionary ${CMAKE_CURRENT_BINARY_DIR}/dictionary.cpp)
target_include_directories(guide-dictionary PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_options(guide-dictionary PRIVATE ${test_optimisation})
target_link_libraries(guide-dictionary PRIVATE reel::f32 reel_build)
use_precompiled_header(${test_header} guide-dictionary)
add_test(NAME docs/guide-dictionary COMMAND guide-dictionary)

# Fails if a public name has no comment, or if a reference in a document or a comment leads nowhere.
add_test(NAME docs/site COMMAND sh ${PROJECT_SOURCE_DIR}/docs/site/make ${CMAKE_CURRENT_BINARY_DIR}/site)
set_tests_properties(docs/site PROPERTIES SKIP_RETURN_CODE 77)
