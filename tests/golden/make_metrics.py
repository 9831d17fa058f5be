"""Metrics of classes, computed by their definitions, for metrics.json. Needs no packages.

The golden numbers are those of these formulas in double:
  top-k accuracy; expected calibration error (Guo et al., ICML 2017); precision, recall and F1 of
  each class and their means over the classes (scikit-learn's "macro", with zero_division = nan).
"""

import json
import math
import pathlib
import random

CLASSES = 5
SAMPLES = 300
BINS = [1, 4, 10, 15]


def softmax(row):
    total = math.fsum(math.exp(x) for x in row)
    return [math.exp(x) / total for x in row]


def ranking(row):
    """The classes from the highest score to the lowest; equal scores in the order of the classes."""
    return sorted(range(len(row)), key=lambda c: (-row[c], c))


def top_k(k, scores, labels, weights):
    right = [w for row, y, w in zip(scores, labels, weights) if y in ranking(row)[:k]]
    return math.fsum(right) / math.fsum(weights)


def calibration_error(bins, scores, labels, weights):
    error = 0
    confidences = [max(softmax(row)) for row in scores]
    for m in range(1, bins + 1):
        inside = [i for i, p in enumerate(confidences) if (m - 1) / bins < p <= m / bins]
        weight = math.fsum(weights[i] for i in inside)
        if weight == 0:
            continue
        accuracy = math.fsum(weights[i] for i in inside if ranking(scores[i])[0] == labels[i]) / weight
        confidence = math.fsum(weights[i] * confidences[i] for i in inside) / weight
        error += weight * abs(accuracy - confidence)
    return error / math.fsum(weights)


def ratio(part, whole):
    return part / whole if whole else math.nan


def mean(values):
    defined = [x for x in values if not math.isnan(x)]
    return sum(defined) / len(defined)


def of_classes(scores, labels):
    guesses = [ranking(row)[0] for row in scores]
    precision, recall, f1 = [], [], []
    for c in range(CLASSES):
        true_positive = sum(y == c and g == c for y, g in zip(labels, guesses))
        false_positive = sum(y != c and g == c for y, g in zip(labels, guesses))
        false_negative = sum(y == c and g != c for y, g in zip(labels, guesses))
        precision.append(ratio(true_positive, true_positive + false_positive))
        recall.append(ratio(true_positive, true_positive + false_negative))
        f1.append(ratio(2 * true_positive, 2 * true_positive + false_positive + false_negative))
    text = lambda values: [None if math.isnan(x) else x for x in values]
    return {
        "precision": text(precision),
        "recall": text(recall),
        "f1": text(f1),
        "macro_precision": mean(precision),
        "macro_recall": mean(recall),
        "macro_f1": mean(f1),
    }


def case(name, seed, used, spread, rounded):
    """Labels and favoured classes are drawn from the classes `used`."""
    draw = random.Random(seed)
    scores, labels, weights = [], [], []
    for _ in range(SAMPLES):
        label = draw.choice(used)
        row = [draw.gauss(0, spread) for _ in range(CLASSES)]
        row[label] += spread
        if len(used) < CLASSES:
            row = [x if c in used else x - 100 for c, x in enumerate(row)]
        scores.append([round(x, rounded) for x in row])
        labels.append(label)
        weights.append(draw.choice([0, 0.5, 1, 3]))
    ones = [1] * SAMPLES
    return {
        "name": name,
        "scores": scores,
        "labels": labels,
        "weights": weights,
        "top_k": [top_k(k, scores, labels, ones) for k in range(1, CLASSES + 1)],
        "top_k_weighted": [top_k(k, scores, labels, weights) for k in range(1, CLASSES + 1)],
        "bins": BINS,
        "calibration_error": [calibration_error(b, scores, labels, ones) for b in BINS],
        "calibration_error_weighted": [calibration_error(b, scores, labels, weights) for b in BINS],
        "of_classes": of_classes(scores, labels),
    }


CASES = [
    case("confident", 1, range(CLASSES), 3, 6),
    case("unsure", 2, range(CLASSES), 0.3, 6),
    case("with equal scores", 3, range(CLASSES), 1, 0),
    case("without two classes", 4, [0, 2, 3], 1, 6),
]

pathlib.Path(__file__).with_name("metrics.json").write_text(json.dumps(CASES) + "\n")
