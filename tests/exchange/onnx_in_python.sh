#!/bin/sh
# Checks random networks by onnx.checker, and runs them in onnx's reference evaluator where there is
# one (onnx 1.13). Argument: the program that writes them.
set -eu
/usr/bin/python3 -c 'import onnx.checker, numpy' 2> /dev/null || { echo 'skipped: there is no onnx for Python'; exit 77; }
networks=$(mktemp -d)
trap 'rm -r "$networks"' EXIT
"$1" "$networks" 30
/usr/bin/python3 - "$networks" 30 << 'PYTHON'
import glob, json, os, sys
import numpy, onnx.checker, onnx.numpy_helper
try:
    from onnx.reference import ReferenceEvaluator
except ImportError:
    ReferenceEvaluator = None

folder, count = sys.argv[1], int(sys.argv[2])
worst = 0
for i in range(count):
    name = f"{folder}/network_{i}"
    model = onnx.load(name + ".onnx")
    onnx.checker.check_model(model, full_check=True)
    assert model.producer_name == "Reel" and model.ir_version == 8
    assert [o.name for o in model.graph.output] == ["logits", "probabilities"]
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    for path in glob.glob(name + "/*.npy"):
        tensor = os.path.basename(path).removesuffix(".npy")
        assert (numpy.load(path) == tensors[tensor]).all(), path
    if not ReferenceEvaluator:
        continue
    case = json.load(open(name + ".json"))
    x = numpy.float32(case["images"]).reshape(case["batch"], -1)
    y = ReferenceEvaluator(model).run(["logits"], {"images": x})[0].ravel()
    expected = numpy.float32(case["logits"])
    here = abs(y - expected).max() / (abs(expected).max() or 1)
    assert here <= 1e-5, (name, here)
    worst = max(worst, here)
print(f"{count} networks are valid;", f"largest relative difference {worst:.2e}" if ReferenceEvaluator else
      "not run: this onnx has no reference evaluator")
PYTHON
