# Makes tiny data sets in the format of MNIST. Source this file.
bytes() { for byte; do printf "\\$(printf '%03o' "$byte")"; done; }
size() { bytes 0 0 $(($1 / 256)) $(($1 % 256)); }
# images COUNT FIRST: 4×4 pixels of three kinds: bright at the top, in the middle or at the bottom.
images() {
  bytes 0 0 8 3; size "$1"; size 4; size 4
  i=0
  while [ $i -lt "$1" ]; do
    case $((i % 3)) in
      0) bytes 250 240 230 220 210 200 $((i % 99)) 9 8 7 6 5 4 3 2 1 ;;
      1) bytes 1 2 3 4 $((i % 99)) 250 240 230 220 210 200 9 8 7 6 5 ;;
      2) bytes 9 8 7 6 5 4 3 2 1 $((i % 99)) 250 240 230 220 210 200 ;;
    esac
    i=$((i + 1))
  done
}
labels() {
  bytes 0 0 8 1; size "$1"
  i=0
  while [ $i -lt "$1" ]; do bytes $((i % 3)); i=$((i + 1)); done
}
# small_images FOLDER: 60 images to train on, 30 to test with.
small_images() {
  mkdir "$1"
  images 60 >"$1/train-images-idx3-ubyte"
  labels 60 >"$1/train-labels-idx1-ubyte"
  images 30 >"$1/t10k-images-idx3-ubyte"
  labels 30 >"$1/t10k-labels-idx1-ubyte"
}
