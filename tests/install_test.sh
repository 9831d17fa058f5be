# Installs the library into a folder and builds a program with it, as in a user's project.
# Arguments: cmake, the build folder, the program's source, the compiler.
set -eu
cmake=$1 build=$2 source=$3 compiler=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cmake" --install "$build" --prefix "$work/installed" >/dev/null
for program in "$work"/installed/bin/reel-mnist "$work"/installed/bin/reel-descent; do
  [ -e "$program" ] || continue
  name=$(basename "$program")
  for file in man/man1/$name.1 bash-completion/completions/$name zsh/site-functions/_$name \
    fish/vendor_completions.d/$name.fish; do
    [ -s "$work/installed/share/$file" ] || { echo "share/$file is not installed"; exit 1; }
  done
done
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
