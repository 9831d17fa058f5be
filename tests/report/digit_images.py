"""Images of seven-segment digits, in the files of MNIST."""
import math
import struct

# Seven-segment digits; the corners (x, y) of each segment in a box 1 wide and 2 high.
SEGMENTS = {"a": ((0, 0), (1, 0)), "b": ((1, 0), (1, 1)), "c": ((1, 1), (1, 2)),
            "d": ((0, 2), (1, 2)), "e": ((0, 1), (0, 2)), "f": ((0, 0), (0, 1)),
            "g": ((0, 1), (1, 1))}
DIGITS = ["abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg"]


def distance(px, py, a, b):
    (ax, ay), (bx, by) = a, b
    t = ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    t = min(1, max(0, t))
    return math.hypot(px - ax - t * (bx - ax), py - ay - t * (by - ay))


def picture(digit, generator):
    """28×28 bytes: the digit, 20 pixels high, with its centre of mass near the middle."""
    lines = [SEGMENTS[s] for s in DIGITS[digit]]
    slant = generator.uniform(-0.2, 0.2)
    scale = generator.uniform(8, 9.5)
    points = [[(scale * (x + slant * y), scale * y) for x, y in line] for line in lines]
    centre = [sum(p[k] for line in points for p in line) / (2 * len(points)) for k in (0, 1)]
    shift = [14 - c + generator.uniform(-1, 1) for c in centre]
    points = [[(x + shift[0], y + shift[1]) for x, y in line] for line in points]
    width = generator.uniform(0.9, 1.4)
    return bytes(round(255 * min(1, max(0, width + 0.5 - min(distance(x + 0.5, y + 0.5, *line) for line in points))))
                 for y in range(28) for x in range(28))


def write_set(folder, name, images, labels):
    with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, len(images), 28, 28) + b"".join(images))
    with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">II", 0x801, len(labels)) + bytes(labels))
