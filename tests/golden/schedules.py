"""The rates of the schedules, for schedules.json."""

import warnings

import torch

from sequence import numbers

TIMES = 44
BASE = [0.1, 0.03]

ScheduleTypes = torch.optim.lr_scheduler
SCHEDULES = {
    "step_decay": (ScheduleTypes.StepLR, {"every": "step_size", "factor": "gamma"}),
    "multi_step": (ScheduleTypes.MultiStepLR, {"at": "milestones", "factor": "gamma"}),
    "exponential": (ScheduleTypes.ExponentialLR, {"factor": "gamma"}),
    "linear_decay": (ScheduleTypes.PolynomialLR, {"length": "total_iters"}),
    "cosine": (ScheduleTypes.CosineAnnealingLR, {"length": "T_max", "least": "eta_min"}),
    "cosine_restarts": (
        ScheduleTypes.CosineAnnealingWarmRestarts,
        {"length": "T_0", "stretch": "T_mult", "least": "eta_min"},
    ),
    "linear_warm_up": (
        ScheduleTypes.LinearLR,
        {"length": "total_iters", "from": "start_factor"},
    ),
    "one_cycle": (
        ScheduleTypes.OneCycleLR,
        {
            "length": "total_steps",
            "rise": "pct_start",
            "start_divisor": "div_factor",
            "end_divisor": "final_div_factor",
            "three_phases": "three_phase",
            "linear": "anneal_strategy",
        },
    ),
}

SCHEDULE_CASES = [
    ("step_decay", {"every": 7}),
    ("step_decay", {"every": 1, "factor": 0.9}),
    ("step_decay", {"every": 100}),
    ("multi_step", {"at": [5, 12, 30]}),
    ("multi_step", {"at": [20, 1, 9, 20], "factor": 0.5}),
    ("exponential", {"factor": 0.93}),
    ("exponential", {"factor": 1.02}),
    ("linear_decay", {"length": 43}),
    ("linear_decay", {"length": 1}),
    ("linear_decay", {"length": 17}),
    ("cosine", {"length": 43}),
    ("cosine", {"length": 10}),
    ("cosine", {"length": 17, "least": 0.01}),
    ("cosine", {"length": 1, "least": 0.01}),
    ("cosine_restarts", {"length": 10}),
    ("cosine_restarts", {"length": 4, "stretch": 2}),
    ("cosine_restarts", {"length": 1, "stretch": 3, "least": 0.005}),
    ("cosine_restarts", {"length": 1}),
    ("linear_warm_up", {}),
    ("linear_warm_up", {"length": 20, "from": 0.01}),
    ("linear_warm_up", {"length": 1, "from": 0.5}),
    ("one_cycle", {"length": TIMES}),
    ("one_cycle", {"length": TIMES, "linear": True}),
    ("one_cycle", {"length": TIMES, "rise": 0.25, "three_phases": True}),
    ("one_cycle", {"length": TIMES, "rise": 0.4, "start_divisor": 10.0, "end_divisor": 50.0}),
    (
        "one_cycle",
        {"length": TIMES, "rise": 0.4, "linear": True, "three_phases": True, "end_divisor": 100.0},
    ),
    ("one_cycle", {"length": TIMES, "rise": 0.0}),
]

# parts, starts
SEQUENCES = [
    ([("linear_warm_up", {"length": 5, "from": 0.1}), ("cosine", {"length": 38})], [5]),
    ([("linear_warm_up", {"length": 10, "from": 0.1}), ("step_decay", {"every": 3})], [4]),
    (
        [
            ("linear_warm_up", {"length": 6}),
            ("exponential", {"factor": 0.9}),
            ("cosine_restarts", {"length": 7, "stretch": 2, "least": 0.001}),
        ],
        [6, 20],
    ),
]

PLATEAUS = [
    {},
    {"patience": 2},
    {"patience": 0, "factor": 0.5},
    {"patience": 2, "threshold": 0.1},
    {"patience": 2, "threshold": 0.1, "relative": False},
    {"patience": 1, "larger_is_better": True, "factor": 0.7},
    {"patience": 1, "larger_is_better": True, "threshold": 0.2, "relative": False},
    {"patience": 1, "cooldown": 4, "factor": 0.5},
    {"patience": 0, "factor": 0.5, "least": 0.01},
    {"patience": 0, "factor": 0.9, "eps": 0.002},
]

PLATEAU_NAMES = {"least": "min_lr"}


def make_schedule(optimizer, schedule, options):
    made, names = SCHEDULES[schedule]
    given = {names[key]: value for key, value in options.items()}
    if schedule == "one_cycle":
        given["max_lr"] = BASE
        given["cycle_momentum"] = False
        given["anneal_strategy"] = "linear" if options.get("linear") else "cos"
    return made(optimizer, **given)


def make_two_groups():
    return torch.optim.SGD([{"params": [torch.zeros(1)], "lr": lr} for lr in BASE], lr=1.0)


def rates_of(optimizer):
    return [group["lr"] for group in optimizer.param_groups]


def schedule_rates(make, values=()):
    """Before each step of a schedule, and after the last; with the values that it is given."""
    optimizer = make_two_groups()
    schedule = make(optimizer)
    rates = [rates_of(optimizer)]
    for step in range(len(values) or TIMES - 1):
        optimizer.step()
        schedule.step(*values[step : step + 1])
        rates.append(rates_of(optimizer))
    return rates


def plateau_losses():
    """Falls, stays, jumps, falls a little each time and stays again."""
    values = [2.0 * 0.8**k for k in range(8)] + [0.4] * 9 + [3.0, 0.5, 0.45, 0.41]
    values += [0.39 - 0.004 * k for k in range(14)] + [0.2] * 9
    return [value + 0.01 * noise for value, noise in zip(values, numbers(len(values), 3))]


def plateau_schedule(optimizer, options):
    given = {PLATEAU_NAMES.get(key, key): value for key, value in options.items()}
    given["mode"] = "max" if given.pop("larger_is_better", False) else "min"
    given["threshold_mode"] = "rel" if given.pop("relative", True) else "abs"
    return ScheduleTypes.ReduceLROnPlateau(optimizer, **given)


def make_schedules():
    warnings.simplefilter("ignore")  # a sequence calls its parts in a way that is deprecated
    cases = [
        {
            "schedule": schedule,
            "options": options,
            "rates": schedule_rates(lambda o: make_schedule(o, schedule, options)),
        }
        for schedule, options in SCHEDULE_CASES
    ]
    for parts, starts in SEQUENCES:
        rates = schedule_rates(
            lambda o: ScheduleTypes.SequentialLR(
                o, [make_schedule(o, *part) for part in parts], starts
            )
        )
        described_parts = [{"schedule": name, "options": options} for name, options in parts]
        cases.append(
            {"schedule": "sequence", "parts": described_parts, "starts": starts, "rates": rates}
        )
    losses = plateau_losses()
    plateaus = [
        {"options": o, "rates": schedule_rates(lambda opt: plateau_schedule(opt, o), losses)}
        for o in PLATEAUS
    ]
    return {"base": BASE, "cases": cases, "losses": losses, "plateau": plateaus}
