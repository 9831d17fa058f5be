"""Makes the reference numbers in this folder with PyTorch.

How to re-run it
    apt-get install python3-torch
    ninja -C build/release reel-tests-f64
    /usr/bin/python3 tests/golden/make_golden.py            writes the files
    /usr/bin/python3 tests/golden/make_golden.py --check    compares with them, and writes nothing

Use the system's python3, the one that the package python3-torch (1.13) belongs to. The test program
says what calls of operations there are; --program names one in another folder than build/release.

Everything is computed in double on one thread, and inputs come from formulas, so a second run on
the same machine gives the same numbers. Another processor may give other last digits: --check lets
numbers differ by 1e-13 of the largest in their tensor, and of an operation by the call's atol;
prints a line for each file; and fails if one differs by more. A file that is written keeps what it
had of numbers that agree to 1e-13 with their new values, each for itself, so only what has changed
changes.

How to read the files
    Numbers are the shortest text that gives the same double again. Tensors are flat, row-major.
    Options have Reel's names; one that is absent has its default. A scalar has the shape [].

optimizers.json: 25 steps of each method with many combinations of options
    shapes, start   the two parameters before the first step
    gradients       [step][parameter]: what every case is given, whatever its parameters are by then
    cases           name, method, options: l2 is weight_decay in PyTorch's methods other than AdamW;
                    weight_decay is AdamW's, and with another method p *= 1 - lr * weight_decay before
                    its step
      groups        one for each parameter, with options of its own; absent: one group
      missing       [[step, parameter], ...] counted from 0: no gradient there, so the parameter is
                    skipped and its own step count stays
      steps         [step][parameter] after that step

lbfgs.json: what L-BFGS does, which evaluates a function itself, and its line search
    shapes, start   the two parameters before the first step
    cases           name, function (lbfgs.py says what they are), options
      losses        what each step returned: the loss before it
      evaluations   after each step, of all steps so far
      steps         [step][parameter] after that step
    searches        line (lbfgs.py too), size of the direction, t of each trial, and the end's t, loss

schedules.json: rates before each step, and after the last
    base            the two groups' own rates
    cases           schedule, options, rates: [t][group]; a sequence has parts and starts instead
    plateau         options, rates: [t][group] after t of the losses

ops.json: {operation: {call: ...}}, of every row of the registry, tests/autodiff/operation_table.h
    call            the call as the registry has it: an expression in Python (in_pytorch), inputs,
                    the order up to which derivatives are compared, and what numbers may differ by
    weight          w; as no entry of it is equal to another, no mistake in a gradient cancels out
    output          its value
    gradients       of sum(output * w), one for each input
    directions      v, one for each gradient
    second          the gradients of the sum of all gradients * v, by each input and, last, by w
"""

import argparse
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional

import operations
from lbfgs import make_lbfgs
from schedules import make_schedules
from sequence import numbers
from trajectories import make_optimizers

FOLDER = pathlib.Path(__file__).resolve().parent
PROGRAM = FOLDER.parent.parent / "build/release/tests/reel-tests-f64"

# ---- ops.json

# The names of an expression; the later ones hide the earlier.
NAMES = {**vars(torch.nn.functional), **vars(torch), **vars(operations)}


def described(tensor):
    return {"shape": list(tensor.shape), "values": flat(tensor)}


def tensor_from(described):
    return torch.tensor(described["values"], dtype=torch.float64).reshape(described["shape"])


def signed(shape, place):
    """Tensors of different places share no entry until the sequence repeats."""
    return torch.tensor(numbers(math.prod(shape), 29 * place)).reshape(shape)


def evaluated(call):
    inputs = [tensor_from(x).requires_grad_() for x in call["inputs"]]
    names = dict(zip("xyz", inputs), inputs=inputs)
    return inputs, eval(call["in_pytorch"], {**NAMES, **names})


def gradients(y, xs):
    """Zeros for what y does not depend on."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y, xs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) + (0 if g is None else g) for g, x in zip(found, xs)]


def weighted_sum(tensors, weights):
    return sum((x * w).sum() for x, w in zip(tensors, weights))


def differentiated(call):
    inputs, output = evaluated(call)
    weight = signed(output.shape, 3).requires_grad_()
    result = {"call": call, "weight": described(weight), "output": described(output)}
    if call["order"] >= 1:
        first = gradients(weighted_sum([output], [weight]), inputs)
        result["gradients"] = [described(g) for g in first]
    if call["order"] >= 2:
        # places at which no second derivative happens to be 0 and all rounding
        directions = [signed(x.shape, 6 + place) for place, x in enumerate(inputs)]
        second = gradients(weighted_sum(first, directions), inputs + [weight])
        result["directions"] = [described(v) for v in directions]
        result["second"] = [described(g) for g in second]
    return result


def calls_of(program):
    if not program.exists():
        raise SystemExit(f"{program} is not there: build it, or name it with --program")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "calls.json"
        subprocess.run(
            [program, "--no-skip", "--test-case=golden calls: written*"],
            env={**os.environ, "REEL_GOLDEN_CALLS": str(path)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return json.loads(path.read_text())


def named(operation, name, call):
    try:
        return differentiated(call)
    except Exception as error:
        raise SystemExit(f"{operation}, {name}: {call['in_pytorch']}\n{error}") from error


def make_ops(program):
    return {
        operation: {name: named(operation, name, call) for name, call in calls.items()}
        for operation, calls in calls_of(program).items()
    }


# ---- files


def flat(tensor):
    return tensor.detach().flatten().tolist()


def layout(value, indent=0):
    """JSON with a line for all that fits on one, and for every list of numbers."""
    line = json.dumps(value, allow_nan=False)
    parts = isinstance(value, dict) or (
        isinstance(value, (list, tuple)) and any(isinstance(x, (dict, list)) for x in value)
    )
    if not parts or len(line) + indent <= 100:
        return line
    if isinstance(value, dict):
        rows = [f"{json.dumps(key)}: {layout(x, indent + 1)}" for key, x in value.items()]
    else:
        rows = [layout(x, indent + 1) for x in value]
    pad = "\n" + " " * indent
    left, right = "{}" if isinstance(value, dict) else "[]"
    return f"{left}{pad} " + f",{pad} ".join(rows) + f"{pad}{right}"


# ---- comparison with the files that there are


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_tensor(value):
    return isinstance(value, list) and all(is_number(x) for x in value)


def near(old, new, size, atol):
    return is_number(old) and abs(old - new) <= 1e-13 * size + atol


def same_keys(old, new):
    if isinstance(new, dict):
        return isinstance(old, dict) and old.keys() == new.keys()
    return isinstance(old, list) and len(old) == len(new)


def numbers_in(part):
    return [key for key in part if key != "call"]


def atol_of(part, otherwise):
    return part["call"]["atol"] if "call" in part else otherwise


def differences(old, new, place, atol=0.0):
    """Where they are apart by more than 1e-13 of the largest number in a tensor and the call's atol.
    What is called has to be the same."""
    if is_number(new):
        same = near(old, new, abs(new), atol)
    elif is_tensor(new):
        size = max(map(abs, new), default=0)
        same = same_keys(old, new) and all(near(a, b, size, atol) for a, b in zip(old, new))
    elif isinstance(new, dict) and same_keys(old, new):
        same = old.get("call") == new.get("call")
        for key in numbers_in(new):
            yield from differences(old[key], new[key], f"{place} / {key}", atol_of(new, atol))
    elif isinstance(new, list) and same_keys(old, new):
        same = True
        for index, (a, b) in enumerate(zip(old, new)):
            yield from differences(a, b, f"{place} / {index}", atol)
    else:
        same = old == new
    if not same:
        yield place


def kept(old, new, atol=0.0):
    """`new` with the numbers of `old` that agree with it, each for itself."""
    if is_number(new):
        return old if near(old, new, abs(new), atol) else new
    if isinstance(new, list):
        return [kept(a, b, atol) for a, b in zip(old, new)] if same_keys(old, new) else new
    if isinstance(new, dict):
        old = old if isinstance(old, dict) else {}
        inner = atol_of(new, atol)
        return new | {key: kept(old.get(key), new[key], inner) for key in numbers_in(new)}
    return new


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--program", type=pathlib.Path, default=PROGRAM)
    arguments = parser.parse_args()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    files = {
        "optimizers.json": make_optimizers,
        "lbfgs.json": make_lbfgs,
        "schedules.json": make_schedules,
        "ops.json": lambda: make_ops(arguments.program),
    }
    differ = False
    for name, make in files.items():
        path = FOLDER / name
        old = json.loads(path.read_text()) if path.exists() else None
        new = json.loads(json.dumps(make()))
        if arguments.check:
            found = list(differences(old, new, name))
            print(f"differs: {found[0]} ({len(found)} in all)" if found else f"agrees: {name}")
            differ |= bool(found)
        else:
            path.write_text(layout(kept(old, new)) + "\n")
    sys.exit(differ)


if __name__ == "__main__":
    main()
