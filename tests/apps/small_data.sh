# Makes the folder "data" with four small IDX files: 60 images to train on and 30 to test, 4×4 pixels of
# three classes. Source this file after harness.sh; its functions make variations of the files.

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

mkdir data
images 60 >data/train-images-idx3-ubyte
labels 60 >data/train-labels-idx1-ubyte
images 30 >data/t10k-images-idx3-ubyte
labels 30 >data/t10k-labels-idx1-ubyte
