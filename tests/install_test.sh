# Installs the library into a folder and builds a program with it, as in a user's project.
# Arguments: cmake, the build folder, the program's source, the compiler.
set -eu
cmake=$1 build=$2 source=$3 compiler=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/installed" >/dev/null
cat >"$work/CMakeLists.txt" <<TEXT
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(reel 0.1 REQUIRED)
add_executable(user "$source")
target_link_libraries(user PRIVATE reel::f64)
TEXT
"$cmake" -S "$work" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$work/installed" \
  -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
"$cmake" --build "$work/build" >/dev/null
"$work/build/user"
