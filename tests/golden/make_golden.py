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

optimizers.json: 12 steps of each method with many combinations of options
    shapes, start   the two parameters before the first step
    gradients       [step][parameter]: what every case is given, whatever its parameters are by then
    cases           name, method (sgd, adagrad, rmsprop, adam), options
      missing       [[step, parameter], ...] counted from 0: no gradient there, so the parameter is
                    skipped and its own step count stays
      steps         [step][parameter] after that step

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

from cases import CALLS, Constant, numbers, signed
from operations import OPERATIONS

# ---- optimizers.json

STEPS = 12
SHAPES = [(3, 2), (4,)]
NO_GAPS = []
GAPS = [[0, 1], [3, 0], [4, 0], [7, 1], [11, 1]]

METHODS = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
}

TORCH_NAMES = {"l2": "weight_decay", "start": "initial_accumulator_value"}

# method, options, steps without a gradient
TRAJECTORIES = [
    ("sgd", {"lr": 0.1}, NO_GAPS),
    ("sgd", {"lr": 0.1}, GAPS),
    ("sgd", {"lr": 0.1, "l2": 0.05}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "l2": 0.05}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "l2": 0.05}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.5, "dampening": 1.0}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "l2": 0.05}, GAPS),
    ("adagrad", {}, NO_GAPS),
    ("adagrad", {"lr": 0.1}, GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2}, GAPS),
    ("adagrad", {"lr": 0.1, "start": 0.5}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "eps": 0.01}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "l2": 0.05}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2, "start": 0.1, "eps": 1e-6, "l2": 0.05}, GAPS),
    ("rmsprop", {}, NO_GAPS),
    ("rmsprop", {"lr": 0.02, "alpha": 0.9}, GAPS),
    ("rmsprop", {"lr": 0.02, "eps": 0.01}, NO_GAPS),
    ("rmsprop", {"lr": 0.02, "l2": 0.05}, NO_GAPS),
    ("rmsprop", {"lr": 0.02, "centered": True}, NO_GAPS),
    ("rmsprop", {"lr": 0.02, "alpha": 0.9, "centered": True, "l2": 0.05}, GAPS),
    ("rmsprop", {"lr": 0.01, "momentum": 0.7}, NO_GAPS),
    ("rmsprop", {"lr": 0.01, "momentum": 0.7, "centered": True}, GAPS),
    (
        "rmsprop",
        {"lr": 0.01, "alpha": 0.9, "eps": 1e-4, "momentum": 0.7, "centered": True, "l2": 0.05},
        NO_GAPS,
    ),
    ("adam", {}, NO_GAPS),
    ("adam", {}, GAPS),
    ("adam", {"lr": 0.05}, GAPS),
    ("adam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}, NO_GAPS),
    ("adam", {"lr": 0.05, "beta1": 0.0}, NO_GAPS),
    ("adam", {"lr": 0.05, "eps": 0.01}, NO_GAPS),
    ("adam", {"lr": 0.05, "l2": 0.05}, NO_GAPS),
    ("adam", {"lr": 0.05, "beta2": 0.5, "amsgrad": True}, NO_GAPS),
    ("adam", {"lr": 0.05, "beta2": 0.5, "amsgrad": True}, GAPS),
    (
        "adam",
        {"lr": 0.05, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4, "l2": 0.05, "amsgrad": True},
        GAPS,
    ),
]


def start_values():
    """All between 2.4 and 5.6 in size: no parameter comes near 0, so a relative error means
    something at every step."""
    return [
        [4 + x if i % 2 else -4 + x for i, x in enumerate(numbers(torch.Size(s).numel(), 50 * p))]
        for p, s in enumerate(SHAPES)
    ]


def gradient(step, p):
    """Signed, with one entry tiny and one exactly 0, each in another place at each step."""
    values = numbers(torch.Size(SHAPES[p]).numel(), 7 * step + 40 * p)
    values[step % len(values)] *= 1e-9
    if step % 3 == 1:
        values[(step + 1) % len(values)] = 0.0
    return values


def torch_options(method, options):
    out = {TORCH_NAMES.get(key, key): value for key, value in options.items()}
    if method == "adam":
        out["betas"] = (out.pop("beta1", 0.9), out.pop("beta2", 0.999))
    return out


def trajectory(method, options, missing, gradients):
    parameters = [
        torch.tensor(values).reshape(shape).requires_grad_()
        for values, shape in zip(start_values(), SHAPES)
    ]
    optimizer = METHODS[method](parameters, **torch_options(method, options))
    steps = []
    for step in range(STEPS):
        for p, parameter in enumerate(parameters):
            given = [step, p] not in missing
            parameter.grad = torch.tensor(gradients[step][p]).reshape(SHAPES[p]) if given else None
        optimizer.step()
        steps.append([flat(parameter) for parameter in parameters])
    return steps


def trajectory_name(method, options, missing):
    words = [method] + [f"{key} {value}" for key, value in options.items()]
    return ", ".join(words + (["gaps"] if missing else []))


def make_optimizers():
    gradients = [[gradient(step, p) for p in range(len(SHAPES))] for step in range(STEPS)]
    cases = [
        {
            "name": trajectory_name(method, options, missing),
            "method": method,
            "options": options,
            "missing": missing,
            "steps": trajectory(method, options, missing, gradients),
        }
        for method, options, missing in TRAJECTORIES
    ]
    return {"shapes": SHAPES, "start": start_values(), "gradients": gradients, "cases": cases}


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
    for name, make in (("optimizers.json", make_optimizers), ("ops.json", make_ops)):
        (folder / name).write_text(layout(make()) + "\n")


if __name__ == "__main__":
    main()
