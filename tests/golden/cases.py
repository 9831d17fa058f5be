"""What each operation is called with, for ops.json; see make_golden.py."""

import math
from typing import Callable, NamedTuple

import torch


def numbers(count, start):
    """Entries start, start + 1, ... of a sequence that mixes signs and repeats after 100: 53 is a
    primitive root of 101. All are multiples of 1/64 in (-1.6, 1.6), and none is 0."""
    return [(pow(53, start + i, 101) - 50.5) / 32 for i in range(count)]


# ---- inputs

# Each of these functions returns a rule that makes an input for its place in the call. Inputs of
# one call share no entry, so there is never a tie between them.


def signed(*shape):
    return lambda place: torch.tensor(numbers(math.prod(shape), 29 * place)).reshape(shape)


def scaled(factor, *shape):
    return lambda place: signed(*shape)(place) * factor


def shifted(offset, *shape):
    return lambda place: signed(*shape)(place) + offset


def positive(*shape):
    return shifted(1.6, *shape)


def unit(*shape):
    """Inside (-1, 1)."""
    return scaled(0.625, *shape)


def exactly(*values):
    return lambda place: torch.tensor(values, dtype=torch.float64)


def regular(n):
    """A matrix with an inverse."""
    return lambda place: signed(n, n)(place) + 3 * torch.eye(n)


def definite(n):
    """A symmetric, positive definite matrix."""
    return lambda place: torch.eye(n) + signed(n, n)(place) @ signed(n, n)(place).T


def probabilities(*shape):
    return lambda place: torch.softmax(signed(*shape)(place), -1)


def log_probabilities(*shape):
    return lambda place: torch.log_softmax(signed(*shape)(place), -1)


def signs(*shape):
    return lambda place: torch.sign(signed(*shape)(place))


TINY = exactly(-1e-9, -1e-300, 1e-300, 1e-9, 1e-5)
FAR = exactly(-700, -30, -5, 5, 30, 700)


class Constant(NamedTuple):
    """An input that is not differentiated by."""

    make: Callable


# ---- calls


class Call(NamedTuple):
    op: str
    name: str
    inputs: tuple
    options: dict
    twice: bool


def case(op, name, *inputs, **options):
    """Differentiated twice."""
    return Call(op, name, inputs, options, twice=True)


def edge(op, name, *inputs, **options):
    """Differentiated once: at a kink, or where the second derivative has no digits left."""
    return Call(op, name, inputs, options, twice=False)


SHAPE_PAIRS = (
    ("same shape", (3, 4), (3, 4)),
    ("row on the right", (3, 4), (4,)),
    ("row on the left", (4,), (3, 4)),
    ("column on the right", (3, 4), (3, 1)),
    ("column and row", (3, 1), (4,)),
    ("scalar on the right", (3, 4), ()),
    ("scalar on the left", (), (3, 4)),
)

ARITHMETIC = [
    *[
        case(op, name, signed(*a), signed(*b))
        for op in ("add", "subtract", "multiply", "divide", "hypot", "atan2")
        for name, a, b in SHAPE_PAIRS
    ],
    case("divide", "small and large divisors", signed(4), exactly(1e-8, -1e-3, 1e3, -1e8)),
    case("pow", "square", signed(3, 4), exponent=2.0),
    case("pow", "cube", signed(3, 4), exponent=3.0),
    case("pow", "reciprocal", signed(3, 4), exponent=-1.0),
    case("pow", "fraction", positive(3, 4), exponent=2.5),
    case("pow", "negative fraction", positive(3, 4), exponent=-0.5),
    case("pow", "exponents, same shape", positive(3, 4), signed(3, 4)),
    case("pow", "exponents, row", positive(3, 4), signed(4)),
    case("pow", "exponents, column and row", positive(3, 1), signed(4)),
    case("pow", "exponents, scalar base", positive(), signed(3, 4)),
    case("pow", "whole exponents", signed(6), Constant(exactly(-3, -1, 0, 1, 2, 5))),
    edge("pow", "powers of 0", exactly(0, 0, 0), exactly(1, 2, 3)),
    edge("pow", "0 to the 0", exactly(0, 2), Constant(exactly(0, 0))),
    edge("pow", "small and large", exactly(1e-100, 1e100, 10, 1e-300), exactly(3, -3, 300, 0.01)),
    edge("hypot", "at 0", exactly(0, 0, 3, -4), exactly(0, 5, 0, 3)),
    edge("hypot", "small and large", exactly(1e-200, 3e200, 1e-200), exactly(-2e-200, 4e200, 1)),
    case("atan2", "four quadrants", exactly(1, 1, -1, -1), exactly(2, -2, 2, -2)),
    case("atan2", "on the axes", exactly(0, 3, 0, -3), exactly(2, 0, -2, 0)),
    edge("atan2", "small and large", exactly(1e-100, 1e100, -1e8), exactly(1e-100, 1, -1e-8)),
    case("negate", "matrix", signed(3, 4)),
    case("negate", "three axes", signed(2, 2, 3)),
    case("negate", "scalar", signed()),
]

SELECTION = [
    *[
        case(op, name, signed(*a), signed(*b))
        for op in ("maximum", "minimum")
        for name, a, b in SHAPE_PAIRS
    ],
    *[
        edge(op, name, a, b)
        for op in ("maximum", "minimum")
        for name, a, b in (
            ("ties", exactly(1, -2, 0, 3), exactly(1, -2, 0, 4)),
            ("ties with one number", exactly(1, 2, 1), exactly(1)),
        )
    ],
    case("clip", "both ends", signed(3, 4), low=-1.0, high=0.5),
    case("clip", "nothing clipped", signed(3, 4), low=-2.0, high=2.0),
    case("clip", "everything clipped", signed(3, 4), low=2.0, high=3.0),
    edge("clip", "at its ends", exactly(-1.5, -1, 0, 0.5, 1), low=-1.0, high=0.5),
    edge("clip", "to one point", exactly(-1, 0.5, 1), low=0.5, high=0.5),
    *[
        case("where", name, signed(*a), signed(*b), condition={"shape": c, "values": values})
        for name, a, b, c, values in (
            ("same shape", (2, 3), (2, 3), [2, 3], [1, 0, 0, 1, 1, 0]),
            ("any number but 0", (4,), (4,), [4], [2.5, 0, -1, 1e-300]),
            ("row of conditions", (2, 3), (2, 3), [3], [1, 0, 1]),
            ("row and scalar", (3,), (), [2, 3], [1, 0, 0, 1, 1, 0]),
            ("column of conditions", (4,), (), [3, 1], [0, 1, 0]),
            ("one condition", (2, 3), (3,), [], [1]),
        )
    ],
]

ELEMENTARY = [
    *[
        case(op, "signed", signed(3, 4))
        for op in ("exp", "exp2", "expm1", "square", "reciprocal", "cbrt", "abs", "erf", "erfc")
    ],
    *[case(op, "positive", positive(3, 4)) for op in ("log", "log2", "log10", "sqrt")],
    *[
        edge(op, "small and large", exactly(1e-300, 1e-8, 1, 1e8, 1e300))
        for op in ("log", "log2", "log10", "sqrt", "cbrt")
    ],
    *[
        edge(op, "near 1", exactly(1 - 2**-30, 1, 1 + 2**-30, 1 + 2**-8))
        for op in ("log", "log2", "log10")
    ],
    *[edge(op, "tiny", TINY) for op in ("expm1", "log1p", "erf", "erfc")],
    *[edge(op, "far out", FAR) for op in ("exp", "expm1")],
    case("exp", "scalar", signed()),
    edge("exp2", "far out", exactly(-1000, -30, 30, 1000)),
    case("exp2", "whole", exactly(-2, -1, 0, 1, 10)),
    case("log1p", "signed", unit(3, 4)),
    edge("log1p", "far out", exactly(2**-20 - 1, -0.5, 1e8, 1e300)),
    case("sqrt", "squares", exactly(1, 4, 9, 2**-20)),
    case("cbrt", "cubes", exactly(-8, -1, 1, 27, 1e9)),
    edge("cbrt", "small and large, negative", exactly(-1e-300, -1e-8, -1e8, -1e300)),
    case("square", "scalar", signed()),
    edge("square", "far out", exactly(-1e150, -1e8, 1e-150, 1e150)),
    case("reciprocal", "scalar", signed()),
    edge("reciprocal", "small and large", exactly(-1e-150, 1e-8, -1e8, 1e150)),
    edge("abs", "at 0", exactly(-1, 0, 1)),
    edge("abs", "small and large", exactly(-1e300, -1e-300, 1e-300, 1e300)),
    edge("erf", "far out", exactly(-30, -5.5, -3, 3, 5.5, 30)),
    edge("erfc", "far out", exactly(-30, -5.5, 3, 10, 25)),
    *[
        case(op, name, x)
        for op in ("sign", "floor", "ceil", "round", "trunc")
        for name, x in (
            ("signed", scaled(4, 3, 4)),
            ("at steps", exactly(-2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5)),
            ("small and large", exactly(-1e300, -(2**51) - 0.5, -1e-300, 2**51 + 0.5, 1e300)),
        )
    ],
]

GAMMA = [
    *[
        make(op, name + order, x, **options)
        for op, order, options in (
            ("lgamma", "", {}),
            ("tgamma", "", {}),
            ("digamma", "", {}),
            ("polygamma", ", order 0", {"n": 0}),
            ("polygamma", ", order 1", {"n": 1}),
            ("polygamma", ", order 4", {"n": 4}),
        )
        for make, name, x in (
            (case, "signed", signed(3, 4)),
            (case, "positive", positive(2, 3)),
            (edge, "tiny", exactly(-1e-9, 1e-9)),
            (edge, "large", exactly(12.5, 100)),
        )
    ],
    case("lgamma", "whole and half", exactly(0.5, 1.5, 3, 10)),
    case("tgamma", "whole and half", exactly(-1.5, -0.5, 0.5, 1, 2, 3, 10)),
    edge("lgamma", "far out", exactly(1e3, 1e8)),
    edge("digamma", "far out", exactly(1e3, 1e8)),
    edge("polygamma", "far out", exactly(1e3, 1e8), n=2),
]

TRIGONOMETRIC = [
    *[
        case(op, "signed", signed(3, 4))
        for op in ("sin", "cos", "tan", "atan", "sinh", "cosh", "tanh", "asinh")
    ],
    *[case(op, "signed", unit(3, 4)) for op in ("asin", "acos", "atanh")],
    case("acosh", "above 1", shifted(2.6, 3, 4)),
    *[
        edge(op, "tiny", TINY)
        for op in ("sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh")
    ],
    *[case(op, "several turns", scaled(16, 3, 4)) for op in ("sin", "cos", "tan")],
    *[edge(op, "many turns", exactly(-1e8, -1e5, 1e3, 1e6)) for op in ("sin", "cos", "tan")],
    # of these, 1 - x² is exact
    *[
        edge(op, "near 1", exactly(2**-20 - 1, 2**-8 - 1, 1 - 2**-8, 1 - 2**-20))
        for op in ("asin", "acos", "atanh")
    ],
    case("acos", "exact", exactly(-0.5, 0, 0.5)),
    case("cosh", "three axes", scaled(2, 2, 2, 3)),
    edge("tanh", "far out", exactly(-300, -15, -1e-9, 1e-9, 15, 300)),
    edge("acosh", "near 1", exactly(1 + 2**-20, 1 + 2**-8)),
    edge("acosh", "far out", exactly(30, 1e8, 1e150)),
    *[edge(op, "far out", exactly(-1e150, -1e8, -30, 30, 1e8, 1e150)) for op in ("atan", "asinh")],
    *[edge(op, "far out", FAR) for op in ("sinh", "cosh")],
]

ACTIVATIONS = [
    *[
        make(op, name, x)
        for op in (
            *("sigmoid", "log_sigmoid", "softplus", "relu", "leaky_relu", "elu", "selu"),
            *("gelu", "gelu_tanh", "silu", "mish", "softsign"),
            *("hard_tanh", "hard_sigmoid", "hard_swish"),
        )
        for make, name, x in (
            (case, "signed", signed(3, 4)),
            (case, "wide spread", scaled(4, 2, 5)),
            (edge, "far out", FAR),
        )
    ],
    *[
        edge(op, "at 0", exactly(-1, 0, 1))
        for op in ("relu", "leaky_relu", "elu", "selu", "softsign", "softplus", "gelu", "mish")
    ],
    case("leaky_relu", "slope 0.1", signed(3, 4), slope=0.1),
    edge("leaky_relu", "slope 0.1, at 0", exactly(-1, 0, 1), slope=0.1),
    case("elu", "alpha 0.5", signed(3, 4), alpha=0.5),
    edge("elu", "alpha 0.5, at 0", exactly(-1, 0, 1), alpha=0.5),
    edge("elu", "alpha 0.5, far out", FAR, alpha=0.5),
    edge("hard_tanh", "at its ends", exactly(-2, -1, 0, 1, 2)),
    edge("hard_sigmoid", "at its ends", exactly(-4, -3, 0, 3, 4)),
    edge("hard_swish", "at its ends", exactly(-4, -3, 0, 3, 4)),
    case("maxout", "two pieces", signed(3, 8), pieces=2),
    case("maxout", "three pieces", signed(2, 6), pieces=3),
    case("maxout", "one piece", signed(2, 3), pieces=1),
    edge("maxout", "ties", exactly([1, 1, 2], [0, 3, 3]), pieces=3),
    *[
        make(op, name, x, **options)
        for op in ("softmax", "log_softmax")
        for make, name, x, options in (
            (case, "last axis", signed(3, 4), {}),
            (case, "first axis", signed(3, 4), {"axis": 0}),
            (case, "middle axis", signed(2, 3, 4), {"axis": 1}),
            (case, "vector", signed(5), {"axis": 0}),
            (case, "one class", signed(3, 1), {}),
            (case, "large values", shifted(1000, 3, 4), {}),
            (edge, "wide spread", scaled(30, 3, 4), {}),
            (edge, "logits up to 1e4", scaled(6400, 3, 4), {}),
        )
    ],
]

REDUCTIONS = [
    *[
        case(op, name, signed(*shape), **options)
        for op in (
            *("sum", "mean", "product", "max", "min"),
            *("variance", "standard_deviation", "norm", "logsumexp"),
        )
        for name, shape, options in (
            ("all", (3, 4), {}),
            ("all, kept", (3, 4), {"keep_dims": True}),
            ("first axis", (3, 4), {"axes": [0]}),
            ("first axis, kept", (3, 4), {"axes": [0], "keep_dims": True}),
            ("last axis", (3, 4), {"axes": [-1]}),
            ("last axis, kept", (3, 4), {"axes": [1], "keep_dims": True}),
            ("middle axis", (2, 3, 4), {"axes": [1]}),
            ("outer axes", (2, 3, 4), {"axes": [0, 2]}),
            ("outer axes, kept", (2, 3, 4), {"axes": [-1, -3], "keep_dims": True}),
        )
    ],
    *[
        edge(op, name, x, **options)
        for op in ("max", "min")
        for name, x, options in (
            ("ties", exactly([1, 3, 3, 1], [2, 2, 2, 2]), {"axes": [1]}),
            ("ties, all", exactly([1, 3, 3, 1], [2, 3, 2, 1]), {}),
        )
    ],
    case("product", "zeros", exactly([2, 0, -3], [0, 0, 5], [0, 0, 0]), axes=[1]),
    case("product", "one zero, all", exactly([2, 0, -3], [0.5, 4, 5])),
    case("product", "nothing", signed(0, 3), axes=[0]),
    *[
        case(op, name, x, **options)
        for op in ("variance", "standard_deviation")
        for name, x, options in (
            ("correction 0", signed(3, 4), {"correction": 0}),
            ("correction 0, first axis", signed(3, 4), {"correction": 0, "axes": [0]}),
            ("correction 2, kept", signed(3, 4), {"correction": 2, "axes": [1], "keep_dims": True}),
            ("offset", shifted(100, 3, 4), {}),
        )
    ],
    case("variance", "of one, correction 0", signed(3, 1), axes=[1], correction=0),
    edge("standard_deviation", "of equals", exactly(2, 2, 2)),
    edge("norm", "of zeros", exactly(0, 0, 0)),
    edge("norm", "small and large", exactly([3e200, -4e200], [-3e-200, 4e-200]), axes=[1]),
    case("logsumexp", "large values", shifted(1000, 3, 4), axes=[1]),
    case("logsumexp", "large negative values", shifted(-1000, 3, 4), axes=[1]),
    edge("logsumexp", "wide spread", scaled(30, 3, 4), axes=[1]),
    edge("logsumexp", "values up to 1e4", scaled(6400, 3, 4), axes=[1]),
    case("cumulative_sum", "last axis", signed(3, 4)),
    case("cumulative_sum", "first axis", signed(3, 4), axis=0),
    case("cumulative_sum", "middle axis", signed(2, 3, 4), axis=-2),
    case("cumulative_sum", "last axis, reverse", signed(3, 4), reverse=True),
    case("cumulative_sum", "first axis, reverse", signed(3, 4), axis=0, reverse=True),
    case("cumulative_sum", "vector", signed(5), axis=0),
]

SHAPES = [
    case("reshape", "matrix to matrix", signed(3, 4), shape=[2, 6]),
    case("reshape", "matrix to vector", signed(3, 4), shape=[12]),
    case("reshape", "vector to three axes", signed(12), shape=[2, 3, 2]),
    case("transpose", "matrix", signed(3, 4)),
    case("transpose", "three axes", signed(2, 3, 4)),
    case("transpose", "three axes, ordered", signed(2, 3, 4), order=[1, 2, 0]),
    case("broadcast_to", "row", signed(4), shape=[3, 4]),
    case("broadcast_to", "column", signed(3, 1), shape=[2, 3, 4]),
    case("broadcast_to", "scalar", signed(), shape=[3, 4]),
    case("sum_to", "row", signed(3, 4), shape=[4]),
    case("sum_to", "column", signed(2, 3, 4), shape=[3, 1]),
    case("sum_to", "scalar", signed(3, 4), shape=[]),
    case("flatten", "matrix", signed(3, 4)),
    case("flatten", "three axes", signed(2, 1, 3)),
    case("flatten", "scalar", signed()),
    case("squeeze", "all", signed(1, 3, 1, 2)),
    case("squeeze", "nothing to drop", signed(3, 2)),
    case("squeeze", "first axis", signed(1, 3, 1), axes=[0]),
    case("squeeze", "two axes", signed(1, 3, 1), axes=[0, -1]),
    case("expand_dims", "first", signed(3, 4), axis=0),
    case("expand_dims", "middle", signed(3, 4), axis=1),
    case("expand_dims", "last", signed(3, 4), axis=-1),
    case("expand_dims", "scalar", signed(), axis=0),
]

PARTS = [
    case("concatenate", "three, first axis", signed(2, 2, 3), signed(1, 2, 3), signed(3, 2, 3)),
    *[
        case("concatenate", f"three, axis {axis}", signed(*a), signed(*b), signed(*c), axis=axis)
        for axis, a, b, c in (
            (1, (2, 2, 3), (2, 1, 3), (2, 3, 3)),
            (2, (2, 2, 3), (2, 2, 1), (2, 2, 2)),
            (-1, (2, 2), (2, 3), (2, 1)),
        )
    ],
    case("concatenate", "vectors", signed(3), signed(2)),
    case("concatenate", "one with nothing in it", signed(2, 3), signed(0, 3)),
    case("stack", "two, first axis", signed(2, 3), signed(2, 3)),
    *[
        case("stack", f"three, axis {axis}", signed(2, 3), signed(2, 3), signed(2, 3), axis=axis)
        for axis in (0, 1, 2, -1)
    ],
    case("stack", "scalars", signed(), signed(), signed()),
    case("slice", "rows", signed(5, 2), axis=0, begin=1, end=4),
    case("slice", "every other column", signed(2, 5), axis=1, begin=0, end=5, step=2),
    case("slice", "step, middle axis", signed(2, 5, 2), axis=-2, begin=1, end=5, step=3),
    case("slice", "everything", signed(3, 2), axis=0, begin=0, end=3),
    case("slice", "nothing", signed(3, 2), axis=0, begin=2, end=2),
    case("embed", "rows", signed(2, 3), axis=0, size=5, begin=1),
    case("embed", "every other column", signed(2, 3), axis=1, size=5, begin=0, step=2),
    case("embed", "step, middle axis", signed(2, 2, 2), axis=-2, size=6, begin=1, step=3),
    case("take", "rows out of order", signed(4, 3), indices=[2, 0, 3]),
    case("take", "a row several times", signed(4, 3), indices=[1, 3, 1, 1]),
    case("take", "columns", signed(2, 4), indices=[3, 3, 0], axis=1),
    case("take", "middle axis", signed(2, 3, 2), indices=[2, 0], axis=-2),
    case("scatter_add", "rows out of order", signed(3, 2), indices=[2, 0, 3], size=5),
    case("scatter_add", "a row several times", signed(4, 2), indices=[1, 0, 1, 1], size=3),
    case("scatter_add", "columns", signed(2, 3), indices=[3, 3, 0], size=4, axis=1),
    case("scatter_add", "middle axis", signed(2, 2, 2), indices=[2, 0], size=3, axis=-2),
    case("repeat", "rows", signed(3, 2), count=2),
    case("repeat", "columns", signed(2, 3), count=3, axis=1),
    case("repeat", "middle axis", signed(2, 3, 2), count=2, axis=-2),
    case("repeat", "once", signed(4), count=1),
]

PRODUCTS = [
    *[
        case("matmul", name, signed(*a), signed(*b), **options)
        for name, a, b, options in (
            ("3x4 by 4x2", (3, 4), (4, 2), {}),
            ("row by column", (1, 4), (4, 1), {}),
            ("column by row", (4, 1), (1, 3), {}),
            ("vector by vector", (4,), (4,), {}),
            ("vector by matrix", (4,), (4, 2), {}),
            ("matrix by vector", (3, 4), (4,), {}),
            ("batch by batch", (2, 3, 4), (2, 4, 2), {}),
            ("batch by matrix", (2, 3, 4), (4, 2), {}),
            ("matrix by batch", (3, 4), (2, 4, 2), {}),
            ("batch by vector", (2, 3, 4), (4,), {}),
            ("vector by batch", (4,), (2, 4, 3), {}),
            ("batches broadcast", (2, 1, 2, 4), (3, 4, 2), {}),
            ("one by batch", (1, 3, 4), (2, 4, 2), {}),
            ("left transposed", (4, 3), (4, 2), {"transpose_a": True}),
            ("right transposed", (3, 4), (2, 4), {"transpose_b": True}),
            ("both transposed", (4, 3), (2, 4), {"transpose_a": True, "transpose_b": True}),
            ("batch transposed by batch", (2, 4, 3), (2, 4, 2), {"transpose_a": True}),
            ("batch by matrix transposed", (2, 3, 4), (2, 4), {"transpose_b": True}),
            ("all transposed", (4, 3), (2, 2, 4), {"transpose_a": True, "transpose_b": True}),
        )
    ],
    *[case("dot", f"of {n}", signed(n), signed(n)) for n in (1, 3, 8)],
    *[case("outer", f"{n} by {m}", signed(n), signed(m)) for n, m in ((3, 4), (1, 3), (4, 1))],
    case("affine", "batch of five", signed(5, 3), signed(2, 3), signed(2)),
    case("affine", "one sample", signed(1, 4), signed(3, 4), signed(3)),
    case("affine", "one output", signed(4, 3), signed(1, 3), signed(1)),
    case("affine_relu", "batch of five", signed(5, 3), signed(2, 3), signed(2)),
    case("affine_relu", "one sample", signed(1, 4), signed(3, 4), signed(3)),
    case("affine_relu", "one output", signed(4, 3), signed(1, 3), signed(1)),
    case("batch_norm", "batch of five", signed(5, 3), signed(3), signed(3)),
    case("batch_norm", "two samples", signed(2, 4), signed(4), signed(4), eps=0.5),
    case("batch_norm", "large eps", signed(4, 3), signed(3), signed(3), eps=0.25),
]

PIVOTED = exactly([0, 2, 1], [3, 0, -1], [1, 1, 0.25])

LINEAR_ALGEBRA = [
    *[
        case(op, name, signed(*shape))
        for op in ("diagonal", "trace")
        for name, shape in (("square", (3, 3)), ("wide", (2, 4)), ("tall", (4, 2)))
    ],
    *[
        case(op, name, x)
        for op in ("inverse", "determinant", "log_determinant")
        for name, x in (
            ("of 1", exactly([-4])),
            ("of 3", regular(3)),
            ("of 5", regular(5)),
            ("0 on the diagonal", PIVOTED),
        )
    ],
    edge("log_determinant", "small", scaled(1e-200, 2, 2)),
    edge("log_determinant", "large", scaled(1e200, 2, 2)),
    case("solve", "vector", regular(3), signed(3)),
    case("solve", "matrix", regular(3), signed(3, 2)),
    case("solve", "one unknown", signed(1, 1), signed(1)),
    case("solve", "0 on the diagonal", PIVOTED, signed(3)),
    case("cholesky", "of 1", definite(1)),
    case("cholesky", "of 3", definite(3)),
    case("cholesky", "of 5", definite(5)),
    case("cholesky", "upper triangle not read", exactly([4, 9, -9], [1, 3, 9], [-1, 0.5, 2])),
]

LABELS = [2, 0, 1, 2]
WEIGHTS = [0.5, 2.0, 1.25]

BATCHES = (
    ("softmax_cross_entropy", signed(4, 3)),
    ("negative_log_likelihood", log_probabilities(4, 3)),
)

LOSSES = [
    *[
        case(op, name, x, labels=LABELS, **options)
        for op, x in BATCHES
        for name, options in (
            ("mean", {}),
            ("sum", {"reduction": "sum"}),
            ("smoothing", {"label_smoothing": 0.1}),
            ("smoothing, sum", {"label_smoothing": 0.1, "reduction": "sum"}),
            ("weights", {"class_weights": WEIGHTS}),
            ("weights, sum", {"class_weights": WEIGHTS, "reduction": "sum"}),
            ("weights, smoothing", {"class_weights": WEIGHTS, "label_smoothing": 0.25}),
            ("a class ignored", {"ignored": 2}),
            ("a class ignored, sum", {"ignored": 2, "reduction": "sum"}),
            (
                "a class ignored, weights, smoothing",
                {"ignored": 0, "class_weights": WEIGHTS, "label_smoothing": 0.25},
            ),
        )
    ],
    *[case(op, "no class ignored", x, labels=[2, -1, 1, -1], ignored=-1) for op, x in BATCHES],
    case("softmax_cross_entropy", "all smoothing", signed(1, 3), labels=[1], label_smoothing=1.0),
    case("negative_log_likelihood", "one class", signed(3, 1), labels=[0, 0, 0]),
    *[
        edge("softmax_cross_entropy", name, scaled(factor, 3, 4), labels=[3, 0, 0], **options)
        for name, factor, options in (
            ("large logits", 500, {}),
            ("large logits, sum", 500, {"reduction": "sum"}),
            ("logits up to 1e4", 6400, {}),
            ("logits up to 1e4, smoothing", 6400, {"label_smoothing": 0.1}),
        )
    ],
    *[
        case(op, name, x(*shape), y(*shape), **options)
        for op, x, y in (
            ("squared_error", signed, signed),
            ("absolute_error", signed, signed),
            ("huber", signed, signed),
            ("binary_cross_entropy", signed, probabilities),
            ("kl_divergence", log_probabilities, probabilities),
            ("hinge", signed, signs),
        )
        for name, shape, options in (
            ("mean", (3, 4), {}),
            ("sum", (3, 4), {"reduction": "sum"}),
            ("vector", (5,), {}),
            ("three axes", (2, 2, 3), {}),
        )
    ],
    case("huber", "delta 0.5", signed(3, 4), signed(3, 4), delta=0.5),
    case("huber", "delta 2, sum", signed(3, 4), signed(3, 4), delta=2.0, reduction="sum"),
    edge("huber", "at delta", exactly(-1.5, 0.5, 1, 5), exactly(-1, 0, 1, 0), delta=0.5),
    edge("absolute_error", "ties", exactly(1, 2, 3), exactly(1, 0, 3)),
    edge("hinge", "on the margin", exactly(1, -1, 2, 0.5), exactly(1, -1, 1, -1)),
    *[
        edge(op, "far out", exactly(-1e4, -30, 30, 1e4), exactly(1, -1, 1, -1))
        for op in ("squared_error", "absolute_error", "huber", "hinge")
    ],
    case("binary_cross_entropy", "labels", signed(5), exactly(0, 1, 1, 0, 1)),
    *[
        edge("binary_cross_entropy", name, x, z)
        for name, x, z in (
            ("far out", FAR, exactly(0, 1, 0, 1, 0.25, 1)),
            ("nearly certain", exactly(-700, -30, 30, 700), exactly(0, 0, 1, 1)),
            ("logits up to 1e4", exactly(-1e4, -1e4, 1e4, 1e4), exactly(0, 1, 0, 1)),
        )
    ],
    edge(
        "kl_divergence",
        "zeros in the target",
        log_probabilities(2, 3),
        Constant(exactly([0, 0.25, 0.75], [1, 0, 0])),
    ),
]

CALLS = [
    *ARITHMETIC,
    *SELECTION,
    *ELEMENTARY,
    *GAMMA,
    *TRIGONOMETRIC,
    *ACTIVATIONS,
    *REDUCTIONS,
    *SHAPES,
    *PARTS,
    *PRODUCTS,
    *LINEAR_ALGEBRA,
    *LOSSES,
]
