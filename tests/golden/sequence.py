"""The numbers that inputs, weights and gradients are made of."""


def numbers(count, start):
    """Entries start, start + 1, ... of a sequence that mixes signs and repeats after 100: 53 is a
    primitive root of 101. All are multiples of 1/64 in (-1.6, 1.6), and none is 0."""
    return [(pow(53, start + i, 101) - 50.5) / 32 for i in range(count)]
