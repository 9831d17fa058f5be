"""Computes again, from the runs that `reel-mnist compare` prints, what it says of the settings:
python3 check_comparison.py JSON TEXT SVG, of the same comparison."""
import itertools
import json
import math
import re
import sys

SIGNIFICANT = 0.05


def expect(holds, what):
    if not holds:
        failures.append(what)


def near(found, expected, what, tolerance=1e-9):
    expect(abs(found - expected) <= tolerance * (1 + abs(expected)), f"{what}: {found}, expected {expected}")


def student_tail(t, degrees):
    """P(|T| > t), from the integral of the density by Simpson's rule."""
    factor = math.gamma((degrees + 1) / 2) / (math.sqrt(degrees * math.pi) * math.gamma(degrees / 2))
    density = lambda x: factor * (1 + x * x / degrees) ** (-(degrees + 1) / 2)
    n = 2000
    weights = (1 if i in (0, n) else 2 + 2 * (i % 2) for i in range(n + 1))
    return 1 - 2 * t / (3 * n) * sum(w * density(t * i / n) for i, w in enumerate(weights))


def student_quantile(degrees):
    """The t with P(|T| > t) = 0.05."""
    low, high = 0, 20
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if student_tail(middle, degrees) > 0.05 else (low, middle)
    return low


def estimate(numbers):
    """Mean, deviation, and the half of the 95 % interval."""
    n = len(numbers)
    mean = sum(numbers) / n
    deviation = math.sqrt(sum((x - mean) ** 2 for x in numbers) / (n - 1))
    return mean, deviation, quantile * deviation / math.sqrt(n)


def check_estimate(found, numbers, what):
    mean, deviation, margin = estimate(numbers)
    for key, value in (("mean", mean), ("deviation", deviation), ("low", mean - margin), ("high", mean + margin)):
        near(found[key], value, f"{what}: {key}")


def check_pairs(pairs, key, number):
    """The tests of one number: pairs by seed, and Holm's correction."""
    raw = []
    for pair in pairs:
        first, second = runs[pair["first"]], runs[pair["second"]]
        differences = [number(first[seed]) - number(second[seed]) for seed in seeds]
        mean, deviation, margin = estimate(differences)
        what = f"{pair['first']} − {pair['second']}: {key}"
        near(pair[key]["difference"], mean, f"{what}: difference")
        near(pair[key]["low"], mean - margin, f"{what}: low")
        near(pair[key]["high"], mean + margin, f"{what}: high")
        t = abs(mean) * math.sqrt(len(seeds)) / deviation if deviation else math.inf if mean else 0
        raw.append(0 if t == math.inf else student_tail(t, len(seeds) - 1))
    largest = 0
    for rank, i in enumerate(sorted(range(len(raw)), key=raw.__getitem__)):
        largest = max(largest, min(1, raw[i] * (len(raw) - rank)))
        what = f"{pairs[i]['first']} − {pairs[i]['second']}: {key}"
        near(pairs[i][key]["p"], largest, f"{what}: p", 1e-6)
        expect(pairs[i][key]["significant"] == (largest < SIGNIFICANT), f"{what}: significant")


def check_text(text, pairs):
    """The table of differences: signs, sizes and marks."""
    for pair in pairs:
        start = re.escape(f"{pair['first']} − {pair['second']}")
        row = re.search(rf"^{start} +([+−])([\d.]+) % +([\d.e-]+)( \*)? +([+−])([\d.e-]+) +([\d.e-]+)( \*)? *$",
                        text, re.M)
        if not row:
            failures.append(f"the text has no row {pair['first']} − {pair['second']}")
            continue
        for key, (sign, size, p, mark), factor in (("test_accuracy", row.groups()[:4], 100),
                                                   ("train_loss", row.groups()[4:], 1)):
            what = f"the text, {row[0].split('  ')[0]}, {key}"
            test = pair[key]
            near(float(size) * (-1 if sign == "−" else 1), factor * test["difference"], what, 5e-3)
            near(float(p), test["p"], f"{what}: p", 6e-3)
            expect(bool(mark) == test["significant"], f"{what}: the mark")


def path(kind):
    found = re.search(rf'class="{kind}" d="M([^"]*)"', svg)
    return [tuple(map(float, point.split())) for point in re.findall(r"[-\d.]+ [-\d.]+", found[1])] if found else []


def check_picture():
    """Lines through the means, and bands of one deviation to each side, on a logarithmic axis."""
    points = []  # (the logarithm of a value, its place below the top of the picture)
    ends = set()  # of bands that reach down to 0 or below
    epochs_of = {setting: min(len(run["costs"]) for run in by_seed.values()) for setting, by_seed in runs.items()}
    drawn = [setting for setting in runs if epochs_of[setting] > 0]
    expect(re.findall(r'class="start"[^>]*>([^<]*)<', svg) == drawn, f"the picture's legend is {drawn}")
    for i, setting in enumerate(drawn):
        epochs, line, band = epochs_of[setting], path(f"line c{i}"), path(f"band c{i}")
        if len(line) != epochs or len(band) != 2 * epochs:
            failures.append(f"the picture of {setting}: {len(line)} and {len(band)} points, for {epochs} epochs")
            continue
        for epoch in range(epochs):
            mean, deviation, _ = estimate([run["costs"][epoch] for run in runs[setting].values()])
            place, upper, lower = line[epoch], band[epoch], band[-1 - epoch]
            expect(place[0] == upper[0] == lower[0], f"the picture of {setting}: epoch {epoch + 1} has one place")
            points += [(math.log(mean), place[1]), (math.log(mean + deviation), upper[1])]
            if mean > deviation:
                points.append((math.log(mean - deviation), lower[1]))
            else:
                ends.add(lower[1])
    (a, top), (b, bottom) = max(points), min(points)
    expect(top < bottom, "the picture: larger is higher")
    expect(all(end >= bottom for end in ends) and len(ends) < 2, "the picture: such bands end at its bottom")
    for value, place in points:
        expected = top + (bottom - top) * (a - value) / (a - b)
        expect(abs(place - expected) < 0.2, f"the picture: {math.exp(value):.4g} is at {place}, "
                                             f"expected {expected:.1f}")


failures = []
with open(sys.argv[1], encoding="utf-8") as file:
    lines = [json.loads(line) for line in file]
with open(sys.argv[2], encoding="utf-8") as file:
    text = file.read()
with open(sys.argv[3], encoding="utf-8") as file:
    svg = file.read()
runs = {}  # by setting and seed
for line in lines:
    if "costs" in line:
        runs.setdefault(line["setting"], {})[line["seed"]] = line
seeds = list(next(iter(runs.values())))
quantile = student_quantile(len(seeds) - 1)
last_cost, accuracy = lambda run: run["costs"][-1], lambda run: run["test_accuracy"]

settings = {line["setting"]: line for line in lines if "seeds" in line}
expect(list(settings) == list(runs), "a line for each setting")
stable = []
for setting, line in settings.items():
    diverged = sum(run["diverged"] for run in runs[setting].values())
    expect(line["seeds"] == len(seeds) and line["diverged"] == diverged, f"{setting}: the number of seeds")
    expect(("train_loss" in line) == (diverged == 0), f"{setting}: means only if no seed diverged")
    if diverged == 0:
        stable.append(setting)
        check_estimate(line["train_loss"], [last_cost(run) for run in runs[setting].values()], f"{setting}: cost")
        check_estimate(line["test_accuracy"], [accuracy(run) for run in runs[setting].values()],
                       f"{setting}: accuracy")
pairs = [line for line in lines if "first" in line]
expect([(p["first"], p["second"]) for p in pairs] == list(itertools.combinations(stable, 2)),
       "a test for each pair of settings that did not diverge")
check_pairs(pairs, "test_accuracy", accuracy)
check_pairs(pairs, "train_loss", last_cost)
marks = {pair["train_loss"]["significant"] for pair in pairs}
signs = {pair["train_loss"]["difference"] > 0 for pair in pairs}
expect(marks == signs == {True, False}, "the settings show both outcomes of a test, and both signs")
expect(len(stable) < len(settings), "a setting diverged")
check_text(text, pairs)
check_picture()
print("\n".join(failures))
sys.exit(1 if failures else 0)
