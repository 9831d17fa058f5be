"""What the drawing page must show, computed another way: the image of a drawing, and what each layer
of a network makes of it."""
import itertools
import json
import math
import struct


def softplus(x):
    return max(0, x) + math.log1p(math.exp(-abs(x)))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


ACTIVATIONS = {
    "relu": lambda x: x if x > 0 else 0,
    "tanh": math.tanh,
    "sigmoid": sigmoid,
    "leaky_relu": lambda x: x if x > 0 else x / 100,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "gelu": lambda x: x / 2 * math.erfc(-x / math.sqrt(2)),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * math.tanh(softplus(x)),
    "softplus": softplus,
    "softsign": lambda x: x / (1 + abs(x)),
    "hard_tanh": lambda x: sorted((-1, x, 1))[1],
    "hard_sigmoid": lambda x: sorted((0, (x + 3) / 6, 1))[1],
    "hard_swish": lambda x: x * sorted((0, (x + 3) / 6, 1))[1],
    "identity": lambda x: x,
}


def read_network(path):
    """The activation, and the tensors as lists, by the layer's number and their name."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    activation = header.pop("__metadata__")["activation"]
    layers = {}
    for name, tensor in header.items():
        index, part = name.split(".")
        begin, end = tensor["data_offsets"]
        layers.setdefault(int(index), {})[part] = struct.unpack(f"<{(end - begin) // 4}f", data[begin:end])
    return activation, layers


def values_of_layers(path, pixels):
    """The values behind each layer: linear ones, batch norm by its running statistics, activations,
    which have no tensors."""
    activation, layers = read_network(path)
    x, values = [p / 255 for p in pixels], []
    for i in range(max(layers) + 1):
        layer = layers.get(i)
        if layer is None:
            x = [ACTIVATIONS[activation](v) for v in x]
        elif "running_mean" in layer:
            x = [(v - m) / math.sqrt(s + 1e-5) * w + b for v, m, s, w, b in
                 zip(x, layer["running_mean"], layer["running_var"], layer["weight"], layer["bias"])]
        else:
            x = [sum(w * v for w, v in zip(layer["weight"][k * len(x):], x)) + b
                 for k, b in enumerate(layer["bias"])]
        values.append(x)
    return values


def image_of(board, side, size, centred):
    """The image of a board of side × side levels: the mean level of each of size × size cells. If
    centred, 20 of 28 cells hold the ink, and its centre of mass is the middle."""
    # sums[y][x]: of the levels above y and left of x
    sums = [[0] * (side + 1)]
    for y in range(side):
        row = itertools.accumulate(board[y * side:(y + 1) * side], initial=0)
        sums.append([above + here for above, here in zip(sums[-1], row)])

    def total(x, y):  # between whole numbers the sum is bilinear
        x, y = min(max(x, 0), side), min(max(y, 0), side)
        i, j = min(int(x), side - 1), min(int(y), side - 1)
        u, v = x - i, y - j
        return ((1 - v) * ((1 - u) * sums[j][i] + u * sums[j][i + 1])
                + v * ((1 - u) * sums[j + 1][i] + u * sums[j + 1][i + 1]))

    left = top = 0
    cell = side / size
    ink = [(i % side, i // side, v) for i, v in enumerate(board) if v]
    if centred and ink:
        mass = sum(v for _, _, v in ink)
        extent = max(max(p[axis] for p in ink) - min(p[axis] for p in ink) + 1 for axis in (0, 1))
        cell = extent / (size * 20 / 28)
        left, top = (sum((p[axis] + 0.5) * p[2] for p in ink) / mass - cell * size / 2 for axis in (0, 1))
    edges = [(left + k * cell, top + k * cell) for k in range(size + 1)]
    return [(total(edges[j + 1][0], edges[i + 1][1]) - total(edges[j][0], edges[i + 1][1])
             - total(edges[j + 1][0], edges[i][1]) + total(edges[j][0], edges[i][1])) / cell ** 2
            for i in range(size) for j in range(size)]
