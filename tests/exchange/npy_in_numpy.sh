#!/bin/sh
# NumPy reads the tensors of random networks. Argument: the program that writes them.
set -eu
/usr/bin/python3 -c 'import numpy' 2> /dev/null || { echo 'skipped: there is no NumPy'; exit 77; }
networks=$(mktemp -d)
trap 'rm -r "$networks"' EXIT
"$1" "$networks" 10
/usr/bin/python3 - "$networks" << 'PYTHON'
import glob, json, sys
import numpy

# A network of one Linear, and whatever leaves its outputs alone, is computed from its files.
files = glob.glob(sys.argv[1] + "/network_*/*.npy")
assert len(files) > 10
for path in files:
    values = numpy.load(path)
    assert values.dtype == numpy.float32 and values.size > 0 and numpy.isfinite(values).all(), path
for i in range(10):
    folder = f"{sys.argv[1]}/network_{i}"
    first = numpy.load(folder + "/0.weight.npy")
    case = json.load(open(folder + ".json"))
    assert first.shape[1] == len(case["images"]) // case["batch"]
print(len(files), "files")
PYTHON
