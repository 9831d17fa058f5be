"""What the optimisers do, step by step, for optimizers.json."""

import torch

from sequence import numbers

STEPS = 25
SHAPES = [(3, 2), (4,)]
NO_GAPS = []
GAPS = [[0, 1], [3, 0], [4, 0], [7, 1], [11, 1], [13, 0], [17, 1], [18, 1], [22, 0], [24, 1]]

METHODS = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adadelta": torch.optim.Adadelta,
    "rprop": torch.optim.Rprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "adamax": torch.optim.Adamax,
}

TORCH_NAMES = {"l2": "weight_decay", "start": "initial_accumulator_value"}
TORCH_PAIRS = {
    "betas": ("beta1", 0.9, "beta2", 0.999),
    "etas": ("down", 0.5, "up", 1.2),
    "step_sizes": ("shortest", 1e-6, "longest", 50),
}

# Of the two parameters: rates, penalties, and all of them.
RATES = [{"lr": 0.2}, {"lr": 0.03}]
PENALTIES = [{"l2": 0.1}, {"weight_decay": 0.2}]
BOTH = [{"lr": 0.02, "weight_decay": 0.5}, {"lr": 0.1, "l2": 0.05, "weight_decay": 0.1}]

# method, options, steps without a gradient, groups
TRAJECTORIES = [
    ("sgd", {"lr": 0.1}, NO_GAPS),
    ("sgd", {"lr": 0.1}, GAPS),
    ("sgd", {"lr": 0.1, "l2": 0.05}, NO_GAPS),
    ("sgd", {"lr": 0.1, "weight_decay": 0.1}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "l2": 0.05}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.3, "l2": 0.05}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.5, "dampening": 1.0}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True}, NO_GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "l2": 0.05}, GAPS),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, GAPS, RATES),
    ("sgd", {"lr": 0.05, "momentum": 0.7}, GAPS, BOTH),
    ("adagrad", {}, NO_GAPS),
    ("adagrad", {"lr": 0.1}, GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2}, GAPS),
    ("adagrad", {"lr": 0.1, "start": 0.5}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "eps": 0.01}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "l2": 0.05}, NO_GAPS),
    ("adagrad", {"lr": 0.1, "lr_decay": 0.2, "start": 0.1, "eps": 1e-6, "l2": 0.05}, GAPS),
    ("adagrad", {"lr_decay": 0.1}, GAPS, BOTH),
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
    ("rmsprop", {"momentum": 0.5}, GAPS, BOTH),
    ("adadelta", {}, NO_GAPS),
    ("adadelta", {}, GAPS),
    ("adadelta", {"lr": 0.5, "rho": 0.7}, NO_GAPS),
    ("adadelta", {"eps": 1e-3}, GAPS),
    ("adadelta", {"rho": 0.95, "l2": 0.05}, NO_GAPS),
    ("adadelta", {"weight_decay": 0.02}, GAPS),
    ("adadelta", {"rho": 0.8, "eps": 1e-4}, GAPS, BOTH),
    ("rprop", {}, NO_GAPS),
    ("rprop", {}, GAPS),
    ("rprop", {"lr": 0.05, "down": 0.3, "up": 1.5}, NO_GAPS),
    ("rprop", {"lr": 0.05, "shortest": 0.02, "longest": 0.08}, GAPS),
    ("rprop", {"lr": 1.0, "longest": 0.1}, NO_GAPS),
    ("rprop", {"weight_decay": 0.5}, NO_GAPS, RATES),
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
    ("adam", {"lr": 0.05}, GAPS, PENALTIES),
    ("adamw", {}, NO_GAPS),
    ("adamw", {}, GAPS),
    ("adamw", {"lr": 0.05, "weight_decay": 0.3}, GAPS),
    ("adamw", {"lr": 0.05, "weight_decay": 0.0}, NO_GAPS),
    ("adamw", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9, "eps": 0.01}, NO_GAPS),
    ("adamw", {"lr": 0.05, "beta2": 0.5, "weight_decay": 0.1, "amsgrad": True}, GAPS),
    ("adamw", {"lr": 0.05}, GAPS, [{"lr": 0.1, "weight_decay": 0.2}, {}]),
    ("nadam", {}, NO_GAPS),
    ("nadam", {"lr": 0.05}, GAPS),
    ("nadam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}, NO_GAPS),
    ("nadam", {"lr": 0.05, "momentum_decay": 0.3}, GAPS),
    ("nadam", {"lr": 0.05, "eps": 0.01, "l2": 0.05}, NO_GAPS),
    ("nadam", {"lr": 0.05}, GAPS, BOTH),
    ("radam", {}, NO_GAPS),
    ("radam", {"lr": 0.05}, GAPS),
    ("radam", {"lr": 0.05, "beta1": 0.5, "beta2": 0.9}, NO_GAPS),
    ("radam", {"lr": 0.05, "beta2": 0.6}, NO_GAPS),
    ("radam", {"lr": 0.05, "beta2": 0.95, "eps": 0.01, "l2": 0.05}, GAPS),
    ("radam", {"lr": 0.05}, GAPS, BOTH),
    ("adamax", {}, NO_GAPS),
    ("adamax", {"lr": 0.05}, GAPS),
    ("adamax", {"lr": 0.05, "beta1": 0.5, "beta2": 0.7}, NO_GAPS),
    ("adamax", {"lr": 0.05, "eps": 0.01, "l2": 0.05}, GAPS),
    ("adamax", {"lr": 0.05, "beta2": 0.9}, GAPS, BOTH),
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
    """Reel's weight_decay is left out where it is the script's to apply."""
    out = {TORCH_NAMES.get(key, key): options[key] for key in options if key != "weight_decay"}
    if method == "adamw" and "weight_decay" in options:
        out["weight_decay"] = options["weight_decay"]
    for pair, (first, first_default, second, second_default) in TORCH_PAIRS.items():
        if first in out or second in out:
            out[pair] = (out.pop(first, first_default), out.pop(second, second_default))
    return out


def trajectory(method, options, missing, groups, gradients):
    parameters = [
        torch.tensor(values).reshape(shape).requires_grad_()
        for values, shape in zip(start_values(), SHAPES)
    ]
    made = [
        {"params": [p], **torch_options(method, own)}
        for p, own in zip(parameters, groups or [{}, {}])
    ]
    if method == "rprop":  # has no l2
        assert not any("l2" in own for own in groups or [])
    optimizer = METHODS[method](made, **torch_options(method, options))
    steps = []
    for step in range(STEPS):
        for p, parameter in enumerate(parameters):
            given = [step, p] not in missing
            parameter.grad = torch.tensor(gradients[step][p]).reshape(SHAPES[p]) if given else None
            decay = {**options, **(groups or [{}, {}])[p]}.get("weight_decay", 0)
            if given and method != "adamw":
                parameter.data.mul_(1 - optimizer.param_groups[p]["lr"] * decay)
        optimizer.step()
        steps.append([parameter.detach().flatten().tolist() for parameter in parameters])
    return steps


def words(options):
    return [f"{key} {value}" for key, value in options.items()]


def trajectory_case(gradients, method, options, missing, groups=None):
    name = [method] + words(options) + (["gaps"] if missing else [])
    for own in groups or []:
        name.append(" ".join(["group"] + words(own)))
    return {
        "name": ", ".join(name),
        "method": method,
        "options": options,
        **({"groups": groups} if groups else {}),
        "missing": missing,
        "steps": trajectory(method, options, missing, groups, gradients),
    }


def make_optimizers():
    gradients = [[gradient(step, p) for p in range(len(SHAPES))] for step in range(STEPS)]
    cases = [trajectory_case(gradients, *described) for described in TRAJECTORIES]
    return {"shapes": SHAPES, "start": start_values(), "gradients": gradients, "cases": cases}
