"""What L-BFGS does, step by step, and its line search, trial by trial, for lbfgs.json."""

import math

import torch
from torch.optim.lbfgs import _strong_wolfe

STEPS = 4
SHAPES = [(3, 2), (2,)]
CENTRE = 4
START = [[2.8, 4.7, 4.4, 3.7, 5.6, 4.9], [4.5, 3.2]]


# ---- functions of w (3, 2) and v (2), the parameters less CENTRE, and of the step, from 0

# Neither parameters nor losses come near 0, so that a relative error means something.


def valley(w, v, step):
    """Curved, as Rosenbrock's."""
    return (3 * (v - w**2) ** 2 + (1 - w) ** 2).sum() + 1


def bowl(w, v, step):
    """A quadratic that is 60 times as steep along one axis as along another."""
    c = torch.tensor([[1.0, 30.0], [4.0, 0.5], [10.0, 2.0]])
    return (c * (w - v) ** 2).sum() / 2 + (v - 2).square().sum() + w.sum() ** 2 / 10 + 3


def batches(w, v, step):
    """A quadratic whose centre moves from step to step."""
    return ((w - v) ** 2 + (w - 1.5 + 0.25 * step) ** 2 + (v + 1 + 0.5 * step**2) ** 2).sum() + 1


def craters(w, v, step):
    """Not convex, so some pairs have no positive curvature."""
    return (torch.log1p(4 * (w - v) ** 2) + (w - 1) ** 2 / 10 + v**2 / 20).sum() + 1


def waves(w, v, step):
    """Many minima along a line."""
    return (torch.cos(5 * (w - v)) + (w + v - 1) ** 2).sum() + 10


def walls(w, v, step):
    """Steep on the right, with a long way down on the left."""
    return (torch.exp(3 * (w + v)) - w - v + v**2 / 50).sum()


def creases(w, v, step):
    """With kinks, at which no length flattens the slope."""
    return (3 * torch.abs(w - v) + torch.abs(v - 0.3) + (w - 1) ** 2 / 2).sum() + 1


def slide(w, v, step):
    """Down without end, and ever steeper."""
    return -((1 + w**2) ** 0.75).sum() - ((1 + v**2) ** 0.75).sum()


FUNCTIONS = {f.__name__: f for f in (valley, bowl, batches, craters, waves, walls, creases, slide)}

# function, options
CASES = [
    ("valley", {"lr": 0.5}),
    ("valley", {"lr": 0.2, "iterations": 6, "history": 2}),
    ("valley", {"strong_wolfe": True}),
    ("valley", {"strong_wolfe": True, "iterations": 3, "history": 2}),
    ("bowl", {}),
    ("bowl", {"iterations": 1}),
    ("bowl", {"iterations": 3, "history": 1}),
    ("bowl", {"lr": 0.3, "evaluations": 7}),
    ("bowl", {"gradient_tolerance": 0.3}),
    ("bowl", {"change_tolerance": 0.05}),
    ("bowl", {"strong_wolfe": True, "iterations": 4}),
    ("bowl", {"strong_wolfe": True, "evaluations": 3}),
    ("bowl", {"strong_wolfe": True, "gradient_tolerance": 0.3}),
    ("bowl", {"strong_wolfe": True, "change_tolerance": 0.05}),
    ("batches", {"iterations": 3}),
    ("batches", {"lr": 0.4, "iterations": 2, "history": 3}),
    ("batches", {"change_tolerance": 2.0}),
    ("batches", {"strong_wolfe": True, "iterations": 3}),
    ("batches", {"strong_wolfe": True, "change_tolerance": 2.0}),
    ("craters", {"iterations": 5}),
    ("craters", {"lr": 1.5, "iterations": 3}),
    ("craters", {"strong_wolfe": True, "iterations": 5}),
    ("waves", {"strong_wolfe": True, "iterations": 4}),
    ("waves", {"strong_wolfe": True, "lr": 3.0, "iterations": 2}),
    ("walls", {"strong_wolfe": True, "iterations": 2}),
    ("walls", {"strong_wolfe": True, "lr": 8.0, "iterations": 4}),
    ("walls", {"strong_wolfe": True, "lr": 0.01, "iterations": 4}),
    ("creases", {"iterations": 3}),
    ("creases", {"strong_wolfe": True, "iterations": 3}),
    ("slide", {"strong_wolfe": True, "iterations": 1}),
]

TORCH_NAMES = {
    "iterations": "max_iter",
    "evaluations": "max_eval",
    "gradient_tolerance": "tolerance_grad",
    "change_tolerance": "tolerance_change",
    "history": "history_size",
}


def torch_options(options):
    out = {TORCH_NAMES.get(key, key): value for key, value in options.items()}
    if out.pop("strong_wolfe", False):
        out["line_search_fn"] = "strong_wolfe"
    return out


def run(function, options):
    w, v = parameters = [
        torch.tensor(values).reshape(shape).requires_grad_()
        for values, shape in zip(START, SHAPES)
    ]
    optimizer = torch.optim.LBFGS(parameters, **torch_options(options))
    out = {"losses": [], "evaluations": [], "steps": []}
    for step in range(1 if function == "slide" else STEPS):  # its numbers are too large for more

        def evaluate():
            optimizer.zero_grad()
            loss = FUNCTIONS[function](w - CENTRE, v - CENTRE, step)
            loss.backward()
            return loss

        out["losses"].append(optimizer.step(evaluate).item())
        out["evaluations"].append(optimizer.state[w]["func_evals"])
        out["steps"].append([parameter.detach().flatten().tolist() for parameter in parameters])
    return out


def lbfgs_case(function, options):
    name = ", ".join([function] + [f"{key} {value}" for key, value in options.items()])
    done = run(function, options)
    return {"name": name, "function": function, "options": options, **done}


# ---- lines: values and slopes at t. The first four are test functions of More and Thuente, ACM TOMS
# 20, 1994.


def well(t):
    return -t / (t**2 + 2), (t**2 - 2) / (t**2 + 2) ** 2


def hook(t):
    u = t + 0.004
    return u**5 - 2 * u**4, 5 * u**4 - 8 * u**3


def ripples(t):
    k, beta = 39 * math.pi / 2, 0.01
    lean = abs(1 - t) if abs(1 - t) > beta else (1 - t) ** 2 / (2 * beta) + beta / 2
    slope = math.copysign(1, t - 1) if abs(1 - t) > beta else (t - 1) / beta
    share = (1 - beta) / k
    return lean + share * math.sin(k * t), slope + share * k * math.cos(k * t)


def edge(t):
    a, b = math.sqrt(1 + 0.01**2) - 0.01, math.sqrt(1 + 0.001**2) - 0.001
    p, q = math.sqrt((1 - t) ** 2 + 0.001**2), math.sqrt(t**2 + 0.01**2)
    return a * p + b * q, a * (t - 1) / p + b * t / q


def crease(t):
    return (-t, -1.0) if t < 0.3 else (t - 0.6, 1.0)


def cliff(t):
    return (math.exp(30 * t) - 40 * t, 30 * math.exp(30 * t) - 40)


def descent(t):
    return -((1 + t) ** 1.5), -1.5 * (1 + t) ** 0.5


LINES = {f.__name__: f for f in (well, hook, ripples, edge, crease, cliff, descent)}
# First trials. Left out are those where PyTorch's own trials change with the last bit of the first.
FIRSTS = {
    "well": [0.001, 0.1, 1.0, 10.0],
    "hook": [0.1, 10.0],
    "ripples": [0.1, 10.0],
    "edge": [0.001, 0.1, 1.0, 10.0],
    "crease": [0.1, 1.0, 10.0],
    "cliff": [0.001, 0.1, 1.0, 3.0],
    "descent": [0.001, 0.1, 1.0, 10.0],
}


def search(line, first, size):
    tried = []

    def evaluate(x, t, d):
        value, slope = LINES[line](float(t))
        tried.append(float(t))
        return value, torch.tensor([slope / size])

    direction = torch.tensor([size])
    value, slope = LINES[line](0.0)
    gradient = torch.tensor([slope / size])
    loss, _, t, _ = _strong_wolfe(
        evaluate, None, torch.tensor(first), direction, value, gradient, gradient.dot(direction)
    )
    return {"line": line, "size": size, "tried": tried, "t": float(t), "loss": float(loss)}


def make_searches():
    out = [search(line, t, 1.0) for line in LINES for t in FIRSTS[line]]
    return out + [search("crease", t, 2.0**-13) for t in FIRSTS["crease"]]


def make_lbfgs():
    cases = [lbfgs_case(*described) for described in CASES]
    return {"shapes": SHAPES, "start": START, "cases": cases, "searches": make_searches()}
