"""Makes the reference numbers in this folder with PyTorch.

How to re-run it
    apt-get install python3-torch
    /usr/bin/python3 make_golden.py [FOLDER]

Use the system's python3, the one that the package python3-torch (1.13) belongs to. Everything is
computed in double on one thread, and inputs come from a formula, so a second run writes the same
bytes. FOLDER is where the files go, by default where this script lies.

How to read the files
    Numbers are the shortest text that gives the same double again. Tensors are flat, row-major.
    Options have Reel's names; one that is absent has its default. A scalar has the shape [].

optimizers.json: 25 steps of each method with many combinations of options
    shapes, start   the two parameters before the first step
    gradients       [step][parameter]: what every case is given, whatever its parameters are by then
    cases           name, method, options: l2 is PyTorch's weight_decay; decay is AdamW's, and with
                    another method p *= 1 - lr * decay before its step
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

ops.json: calls of every operation (operations.py, cases.py)
    op, name, options, output
    inputs          those marked as constant are not differentiated by
    weight          w; as no entry of it is equal to another, no mistake in a gradient cancels out
    gradients       of sum(output * w), one for each variable among the inputs
    directions      v, one for each gradient; absent where there is no second derivative to compare
    second          the gradients of the sum of all gradients * v, by each variable and, last, by w
"""

import json
import pathlib
import sys

import torch

from cases import CALLS, Constant, signed
from lbfgs import make_lbfgs
from operations import OPERATIONS
from schedules import make_schedules
from trajectories import make_optimizers

# ---- ops.json


def described(tensor):
    return {"shape": list(tensor.shape), "values": flat(tensor)}


def made(rule, place):
    if isinstance(rule, Constant):
        return rule.make(place)
    return rule(place).requires_grad_()


def gradients(y, xs):
    """Zeros for what y does not depend on."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in xs]
    found = torch.autograd.grad(y, xs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) + (0 if g is None else g) for g, x in zip(found, xs)]


def weighted_sum(tensors, weights):
    return sum((x * w).sum() for x, w in zip(tensors, weights))


def differentiated(call):
    inputs = [made(rule, place) for place, rule in enumerate(call.inputs)]
    variables = [x for x in inputs if x.requires_grad]
    output = OPERATIONS[call.op](*inputs, **call.options)
    weight = signed(*output.shape)(3).requires_grad_()
    first = gradients(weighted_sum([output], [weight]), variables)
    result = {
        "op": call.op,
        "name": call.name,
        "inputs": [described(x) | ({} if x.requires_grad else {"constant": True}) for x in inputs],
        "options": call.options,
        "weight": described(weight),
        "output": described(output),
        "gradients": [described(g) for g in first],
    }
    if call.twice:
        # places at which no second derivative happens to be 0 and all rounding
        directions = [signed(*x.shape)(6 + place) for place, x in enumerate(variables)]
        second = gradients(weighted_sum(first, directions), variables + [weight])
        result["directions"] = [described(v) for v in directions]
        result["second"] = [described(g) for g in second]
    return result


def make_ops():
    return [differentiated(call) for call in CALLS]


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


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    files = {
        "optimizers.json": make_optimizers,
        "lbfgs.json": make_lbfgs,
        "schedules.json": make_schedules,
        "ops.json": make_ops,
    }
    for name, make in files.items():
        (folder / name).write_text(layout(make()) + "\n")


if __name__ == "__main__":
    main()
