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

ops.json: a list of calls, each differentiated once
    op, name, inputs, options, output
    weight          w; as no entry of it is equal to another, no mistake in a gradient cancels out
    gradients       of sum(output * w), one for each input
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F


def numbers(count, start):
    """Entries start, start + 1, ... of a sequence that mixes signs and repeats after 100: 53 is a
    primitive root of 101. All are multiples of 1/64 in (-1.6, 1.6), and none is 0."""
    return [(pow(53, start + i, 101) - 50.5) / 32 for i in range(count)]


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

# An input is a shape, or what one of these functions returns: a rule that makes it for its place
# among the inputs. Inputs of one call share no entry, so there is never a tie between them.


def signed(*shape):
    return lambda place: torch.tensor(numbers(torch.Size(shape).numel(), 29 * place)).reshape(shape)


def positive(*shape):
    return lambda place: signed(*shape)(place) + 1.6


def scaled(factor, *shape):
    return lambda place: signed(*shape)(place) * factor


def shifted(offset, *shape):
    return lambda place: signed(*shape)(place) + offset


def exactly(*values):
    return lambda place: torch.tensor(values)


def maxout(x, pieces):
    return x.unflatten(-1, (-1, pieces)).amax(-1)


def matmul(a, b, transpose_a=False, transpose_b=False):
    return (a.T if transpose_a else a) @ (b.T if transpose_b else b)


def reduced(function):
    """Takes all axes if none are named."""
    return lambda x, axes=(), keep_dims=False: function(x, axes or tuple(range(x.dim())), keep_dims)


def cross_entropy(logits, labels, reduction="mean"):
    return F.cross_entropy(logits, torch.tensor(labels), reduction=reduction)


OPS = {
    "add": torch.add,
    "subtract": torch.subtract,
    "multiply": torch.multiply,
    "divide": torch.divide,
    "maximum": torch.maximum,
    "power": torch.pow,
    "negate": torch.negative,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "abs": torch.abs,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "leaky_relu": lambda x, slope=0.01: F.leaky_relu(x, slope),
    "elu": lambda x, alpha=1.0: F.elu(x, alpha),
    "maxout": maxout,
    "softmax": lambda x, axis=-1: torch.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: torch.log_softmax(x, axis),
    "sum": reduced(torch.sum),
    "mean": reduced(torch.mean),
    "logsumexp": reduced(torch.logsumexp),
    "reshape": torch.reshape,
    "transpose": lambda x, order=None: x.permute(order or tuple(range(x.dim()))[::-1]),
    "broadcast_to": lambda x, shape: torch.broadcast_to(x, shape),
    "sum_to": lambda x, shape: x.sum_to_size(shape),
    "matmul": matmul,
    "affine": F.linear,
    "softmax_cross_entropy": cross_entropy,
    "squared_error": lambda x, y, reduction="mean": F.mse_loss(x, y, reduction=reduction),
}

# op, name, inputs, options
CALLS = [
    *[
        (op, name, [signed(*a), signed(*b)], {})
        for op in ("add", "subtract", "multiply", "divide", "maximum")
        for name, a, b in (
            ("same shape", (3, 4), (3, 4)),
            ("row on the right", (3, 4), (4,)),
            ("row on the left", (4,), (3, 4)),
            ("column on the right", (3, 4), (3, 1)),
            ("column and row", (3, 1), (4,)),
            ("scalar on the right", (3, 4), ()),
            ("scalar on the left", (), (3, 4)),
        )
    ],
    ("divide", "small and large divisors", [signed(4), exactly(1e-8, -1e-3, 1e3, -1e8)], {}),
    ("power", "square", [signed(3, 4)], {"exponent": 2.0}),
    ("power", "cube", [signed(3, 4)], {"exponent": 3.0}),
    ("power", "reciprocal", [signed(3, 4)], {"exponent": -1.0}),
    ("power", "fraction", [positive(3, 4)], {"exponent": 2.5}),
    ("power", "negative fraction", [positive(3, 4)], {"exponent": -0.5}),
    ("power", "exponents, same shape", [positive(3, 4), signed(3, 4)], {}),
    ("power", "exponents, row", [positive(3, 4), signed(4)], {}),
    ("power", "exponents, column and row", [positive(3, 1), signed(4)], {}),
    ("power", "exponents, scalar base", [positive(), signed(3, 4)], {}),
    ("negate", "signed", [signed(3, 4)], {}),
    ("exp", "signed", [signed(3, 4)], {}),
    ("exp", "far out", [exactly(-700.0, -30.0, 0.0, 30.0, 700.0)], {}),
    ("log", "positive", [positive(3, 4)], {}),
    ("log", "small and large", [exactly(1e-300, 1e-8, 1.0, 1e8, 1e300)], {}),
    ("sqrt", "positive", [positive(3, 4)], {}),
    ("sqrt", "small and large", [exactly(1e-300, 1e-8, 1.0, 1e8, 1e300)], {}),
    ("square", "signed", [signed(3, 4)], {}),
    ("abs", "signed", [signed(3, 4)], {}),
    ("abs", "at 0", [exactly(-1.0, 0.0, 1.0)], {}),
    ("tanh", "signed", [signed(3, 4)], {}),
    ("tanh", "far out", [exactly(-300.0, -15.0, -1e-9, 1e-9, 15.0, 300.0)], {}),
    ("sigmoid", "signed", [signed(3, 4)], {}),
    ("sigmoid", "far out", [exactly(-700.0, -30.0, 0.0, 30.0, 700.0)], {}),
    ("relu", "signed", [signed(3, 4)], {}),
    ("relu", "at 0", [exactly(-1.0, 0.0, 1.0)], {}),
    ("leaky_relu", "default slope", [signed(3, 4)], {}),
    ("leaky_relu", "slope 0.1", [signed(3, 4)], {"slope": 0.1}),
    ("leaky_relu", "at 0", [exactly(-1.0, 0.0, 1.0)], {"slope": 0.1}),
    ("elu", "default alpha", [signed(3, 4)], {}),
    ("elu", "alpha 0.5", [signed(3, 4)], {"alpha": 0.5}),
    ("elu", "at 0", [exactly(-1.0, 0.0, 1.0)], {"alpha": 0.5}),
    ("elu", "far out", [exactly(-700.0, -30.0, 30.0, 700.0)], {}),
    ("maxout", "two pieces", [signed(3, 8)], {"pieces": 2}),
    ("maxout", "three pieces", [signed(2, 6)], {"pieces": 3}),
    *[
        call
        for op in ("softmax", "log_softmax")
        for call in (
            (op, "last axis", [signed(3, 4)], {}),
            (op, "first axis", [signed(3, 4)], {"axis": 0}),
            (op, "middle axis", [signed(2, 3, 4)], {"axis": 1}),
            (op, "vector", [signed(5)], {"axis": 0}),
            (op, "wide spread", [scaled(30, 3, 4)], {}),
            (op, "large values", [shifted(1000, 3, 4)], {}),
        )
    ],
    *[
        (op, name, [signed(*shape)], options)
        for op in ("sum", "mean", "logsumexp")
        for name, shape, options in (
            ("all", (3, 4), {}),
            ("all, kept", (3, 4), {"keep_dims": True}),
            ("first axis", (3, 4), {"axes": [0]}),
            ("first axis, kept", (3, 4), {"axes": [0], "keep_dims": True}),
            ("last axis", (3, 4), {"axes": [1]}),
            ("last axis, kept", (3, 4), {"axes": [1], "keep_dims": True}),
            ("middle axis", (2, 3, 4), {"axes": [1]}),
            ("outer axes", (2, 3, 4), {"axes": [0, 2]}),
            ("outer axes, kept", (2, 3, 4), {"axes": [0, 2], "keep_dims": True}),
        )
    ],
    ("logsumexp", "wide spread", [scaled(30, 3, 4)], {"axes": [1]}),
    ("logsumexp", "large values", [shifted(1000, 3, 4)], {"axes": [1]}),
    ("logsumexp", "large negative values", [shifted(-1000, 3, 4)], {"axes": [1]}),
    ("reshape", "matrix to matrix", [signed(3, 4)], {"shape": [2, 6]}),
    ("reshape", "matrix to vector", [signed(3, 4)], {"shape": [12]}),
    ("reshape", "vector to three axes", [signed(12)], {"shape": [2, 3, 2]}),
    ("transpose", "matrix", [signed(3, 4)], {}),
    ("transpose", "three axes", [signed(2, 3, 4)], {}),
    ("transpose", "three axes, ordered", [signed(2, 3, 4)], {"order": [1, 2, 0]}),
    ("broadcast_to", "row", [signed(4)], {"shape": [3, 4]}),
    ("broadcast_to", "column", [signed(3, 1)], {"shape": [2, 3, 4]}),
    ("broadcast_to", "scalar", [signed()], {"shape": [3, 4]}),
    ("sum_to", "row", [signed(3, 4)], {"shape": [4]}),
    ("sum_to", "column", [signed(2, 3, 4)], {"shape": [3, 1]}),
    ("sum_to", "scalar", [signed(3, 4)], {"shape": []}),
    ("matmul", "3x4 by 4x2", [signed(3, 4), signed(4, 2)], {}),
    ("matmul", "row by column", [signed(1, 4), signed(4, 1)], {}),
    ("matmul", "column by row", [signed(4, 1), signed(1, 3)], {}),
    ("matmul", "vector by matrix", [signed(4), signed(4, 2)], {}),
    ("matmul", "matrix by vector", [signed(3, 4), signed(4)], {}),
    ("matmul", "left transposed", [signed(4, 3), signed(4, 2)], {"transpose_a": True}),
    ("matmul", "right transposed", [signed(3, 4), signed(2, 4)], {"transpose_b": True}),
    (
        "matmul",
        "both transposed",
        [signed(4, 3), signed(2, 4)],
        {"transpose_a": True, "transpose_b": True},
    ),
    ("affine", "batch of five", [signed(5, 3), signed(2, 3), signed(2)], {}),
    ("affine", "one sample", [signed(1, 4), signed(3, 4), signed(3)], {}),
    ("affine", "one output", [signed(4, 3), signed(1, 3), signed(1)], {}),
    *[
        call
        for reduction in ("mean", "sum")
        for call in (
            (
                "softmax_cross_entropy",
                reduction,
                [signed(4, 3)],
                {"labels": [2, 0, 1, 2], "reduction": reduction},
            ),
            (
                "softmax_cross_entropy",
                f"{reduction}, large logits",
                [scaled(500, 3, 4)],
                {"labels": [3, 0, 0], "reduction": reduction},
            ),
            (
                "squared_error",
                reduction,
                [signed(3, 4), signed(3, 4)],
                {"reduction": reduction},
            ),
        )
    ],
]


def described(tensor):
    return {"shape": list(tensor.shape), "values": flat(tensor)}


def differentiated(op, name, inputs, options):
    inputs = [make(place).requires_grad_() for place, make in enumerate(inputs)]
    output = OPS[op](*inputs, **options)
    weight = signed(*output.shape)(3)
    gradients = torch.autograd.grad((output * weight).sum(), inputs)
    return {
        "op": op,
        "name": name,
        "inputs": [described(x) for x in inputs],
        "options": options,
        "weight": described(weight),
        "output": described(output),
        "gradients": [described(g) for g in gradients],
    }


def make_ops():
    return [differentiated(*call) for call in CALLS]


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
