"""Makes minimize.json: what SciPy's minimisers need on Reel's battery of test functions.

How to re-run it
    apt-get install python3-scipy python3-mpmath python3-torch
    /usr/bin/python3 make_scipy.py [FOLDER]

SciPy is 1.10.1, as Debian 12 has it. The formulas of the functions and of their derivatives are
written here by hand, and the minima are computed with thirty digits, so both are independent of
Reel's. Everything runs on one thread, so a second run writes the same bytes. FOLDER is where the
file goes, by default where this script lies.

How to read the file
functions         name, start, minima (the global ones) and their value
  sample          a place off the start, and the value there
runs              Reel's method, function, SciPy's method; all tolerances as tight as they can be
  until           evaluations until max |theta - theta*| <= 1e-6 for one of the minima, looked at
                  where an iteration ends, which is where the gradient (for least_squares the
                  Jacobian) at its point is known, as in Reel's history; null if that is never so
  total           evaluations until the end
                  of both: values, gradients, hessian_products, jacobians. Asking again at the
                  point asked last costs nothing, as in SciPy's own count. least_squares evaluates
                  residuals (values) and Jacobians
  distance        max |theta - theta*| at the end
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import pathlib
import sys
import warnings

import mpmath
import numpy
import scipy.optimize

from make_golden import layout

mpmath.mp.dps = 30
NEAR = 1e-6


class SumOfSquares:
    """f = sum(r^2) of residuals r, their Jacobian J and `bend`, sum(r_i * Hessian of r_i)."""

    def f(self, t):
        r = self.r(t)
        return r @ r

    def gradient(self, t):
        return 2 * self.jacobian(t).T @ self.r(t)

    def hessian(self, t):
        j = self.jacobian(t)
        return 2 * (j.T @ j + self.bend(t))


class Linear(SumOfSquares):
    """r = A t - b"""

    def __init__(self, a, b, start):
        self.a, self.b, self.start = numpy.array(a), numpy.array(b), start
        a, b = mpmath.matrix(self.a.tolist()), mpmath.matrix(self.b.tolist())
        self.minima = [list(mpmath.lu_solve(a.T * a, a.T * b))]

    def r(self, t):
        return self.a @ t - self.b

    def jacobian(self, t):
        return self.a

    def bend(self, t):
        return numpy.zeros((len(t), len(t)))


def quadratic(condition, n):
    """r = sqrt(D / 2) Q (t - 1), D from 1 to `condition`, Q the reflection across (1, ..., n)."""
    v = numpy.arange(1, n + 1)
    q = numpy.eye(n) - 2 * numpy.outer(v, v) / (v @ v)
    a = numpy.sqrt(numpy.geomspace(1, condition, n) / 2)[:, None] * q
    out = Linear(a, a @ numpy.ones(n), [0.0] * n)
    out.minima = [[1.0] * n]
    return out


def scattered(rows, columns, a, b):
    return numpy.array(
        [
            [
                ((i + 1) ** 3 * (j + 1) * a + (i + 2) ** 2 * (j + 1) ** 2 * b) % 101 / 50 - 1
                for j in range(columns)
            ]
            for i in range(rows)
        ]
    )


class Regression(SumOfSquares):
    """Mean squared error of x W + b; t is W by rows, then b."""

    def __init__(self):
        x, self.y = scattered(40, 15, 1, 7), scattered(40, 15, 3, 5)
        self.x = numpy.hstack([x, numpy.ones((40, 1))])
        self.start = [0.0] * 240
        a, y = mpmath.matrix(self.x.tolist()), mpmath.matrix(self.y.tolist())
        best = mpmath.inverse(a.T * a) * (a.T * y)
        self.minima = [[best[i, j] for i in range(16) for j in range(15)]]
        self.j = numpy.kron(self.x, numpy.eye(15)) / numpy.sqrt(600)

    def r(self, t):
        return (self.x @ t.reshape(16, 15) - self.y).ravel() / numpy.sqrt(600)

    def jacobian(self, t):
        return self.j

    def bend(self, t):
        return numpy.zeros((240, 240))


class Beale(SumOfSquares):
    start = [1.0, 1.0]
    minima = [[3.0, 0.5]]

    def r(self, t):
        x, y = t
        return numpy.array([c - x * (1 - y**k) for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))])

    def jacobian(self, t):
        x, y = t
        return numpy.array([[y**k - 1, k * x * y ** (k - 1)] for k in (1, 2, 3)])

    def bend(self, t):
        (x, y), r = t, self.r(t)
        cross = r[0] + 2 * y * r[1] + 3 * y * y * r[2]
        return numpy.array([[0, cross], [cross, 2 * x * r[1] + 6 * x * y * r[2]]])


class Rosenbrock(SumOfSquares):
    def __init__(self, start):
        self.start, self.minima = start, [[1.0] * len(start)]

    def r(self, t):
        return numpy.concatenate([10 * (t[1:] - t[:-1] ** 2), 1 - t[:-1]])

    def jacobian(self, t):
        n = len(t)
        j = numpy.zeros((2 * n - 2, n))
        for i in range(n - 1):
            j[i, i], j[i, i + 1] = -20 * t[i], 10
            j[n - 1 + i, i] = -1
        return j

    def bend(self, t):
        return numpy.diag(numpy.append(-20 * self.r(t)[: len(t) - 1], 0))


class Exponential(SumOfSquares):
    """a exp(-b (x - c)^2) - y through three points: log y is a parabola, exactly fitted."""

    start = [2.0, 0.1, 1.0]
    x, y = numpy.array([0.0, 1.0, 2.0]), numpy.array([1.0, 2.1, 2.9])

    def __init__(self):
        l0, l1, l2 = (mpmath.log(mpmath.mpf(y)) for y in ("1", "2.1", "2.9"))
        square = (l2 - 2 * l1 + l0) / 2
        linear = l1 - l0 - square
        b, c = -square, -linear / (2 * square)
        self.minima = [[mpmath.exp(l0 + b * c * c), b, c]]

    def r(self, t):
        a, b, c = t
        return a * numpy.exp(-b * (self.x - c) ** 2) - self.y

    def jacobian(self, t):
        a, b, c = t
        d = self.x - c
        e = numpy.exp(-b * d * d)
        return numpy.array([e, -a * d * d * e, 2 * a * b * d * e]).T

    def bend(self, t):
        a, b, c = t
        d, r = self.x - c, self.r(t)
        e = numpy.exp(-b * d * d) * r
        ab, ac = -d * d * e, 2 * b * d * e
        bb, bc = a * d**4 * e, 2 * a * d * e * (1 - b * d * d)
        cc = 2 * a * b * e * (2 * b * d * d - 1)
        rows = [[0 * e, ab, ac], [ab, bb, bc], [ac, bc, cc]]
        return numpy.array([[s.sum() for s in row] for row in rows])


class Himmelblau(SumOfSquares):
    start = [0.0, 0.0]

    def __init__(self):
        equations = lambda x, y: [x * x + y - 11, x + y * y - 7]
        near = [(3, 2), (-2.8, 3.1), (-3.8, -3.3), (3.6, -1.8)]
        self.minima = [list(mpmath.findroot(equations, point)) for point in near]

    def r(self, t):
        x, y = t
        return numpy.array([x * x + y - 11, x + y * y - 7])

    def jacobian(self, t):
        x, y = t
        return numpy.array([[2 * x, 1], [1, 2 * y]])

    def bend(self, t):
        return numpy.diag(2 * self.r(t))


class Value:
    """A function whose minima alone are wanted: those near `near`."""

    def __init__(self, f, start, near):
        self.exact, self.start = f, start
        slopes = [
            (lambda *t, i=i: mpmath.diff(f, t, [int(i == k) for k in range(len(start))]))
            for i in range(len(start))
        ]
        root = mpmath.findroot(lambda *t: [s(*t) for s in slopes], near, tol=1e-40, verify=False)
        self.minima = [list(root) if len(start) > 1 else [root[0]]]


def styblinski_tang(x, y):
    return sum(t**4 - 16 * t * t + 5 * t for t in (x, y)) / 2


def rastrigin(x, y):
    return 20 + sum(t * t - 10 * mpmath.cos(2 * mpmath.pi * t) for t in (x, y))


def two_hills(x, y):
    first = mpmath.exp(-((x + 1) ** 2) - (y - 1) ** 2)
    second = mpmath.exp(-((x - 1) ** 2) - (y + 1) ** 2 / 2 + (x - 3) * (y - 3) / 10)
    return -first - 6 * second / 10


def nightmare(x, y):
    def squared(a, b):
        return (x - a) ** 2 + (y - b) ** 2

    half, exp = mpmath.mpf(1) / 2, mpmath.exp
    return (
        -exp(-squared(-2, 3) / 20)
        + exp(-squared(2, -3) / 20)
        - 8 * mpmath.sin(6 * mpmath.sqrt(squared(-3, -half))) / 100
        - 3 * exp(-squared(3, half) / 5) / 4
        - 3 * exp(-squared(-3, -half) / 2) / 4
        + exp(-2 * (y + 1) ** 2)
    )


def quartic(x):
    return x**4 - 40 * x * x - 100 * x


def functions():
    return {
        "sphere": Linear(numpy.eye(2), [0.0, 0.0], [3.0, -4.0]),
        "booth": Linear([[1.0, 2.0], [2.0, 1.0]], [7.0, 5.0], [0.0, 0.0]),
        "quadratic_10": quadratic(10, 2),
        "quadratic_1000": quadratic(1000, 10),
        "line": Linear([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]], [1.0, 2.1, 2.9], [0.0, 0.0]),
        "linear_regression": Regression(),
        "beale": Beale(),
        "rosenbrock": Rosenbrock([-1.2, 1.0]),
        "exponential": Exponential(),
        "rosenbrock_10": Rosenbrock([0.0] * 10),
        "himmelblau": Himmelblau(),
        "styblinski_tang": Value(styblinski_tang, [-0.5, -1.0], (-2.9, -2.9)),
        "rastrigin": Value(rastrigin, [2.2, -1.3], (0.01, -0.01)),
        "two_hills": Value(two_hills, [0.0, 0.0], (0.789, -1.22)),
        "nightmare": Value(nightmare, [0.0, 0.0], (-2.986, 0.739)),
        "quartic": Value(quartic, [10.0], (5.1,)),
    }


# ---- runs

# Reel's method, SciPy's, its tightest options
METHODS = [
    ("conjugate gradient", "CG", {"gtol": 1e-12, "maxiter": 100000}),
    ("BFGS", "BFGS", {"gtol": 1e-12, "maxiter": 100000}),
    ("L-BFGS", "L-BFGS-B", {"ftol": 0, "gtol": 1e-12, "maxiter": 100000, "maxfun": 100000}),
    ("Newton-CG", "trust-ncg", {"gtol": 1e-12, "maxiter": 100000}),
    ("Newton-CG", "Newton-CG", {"xtol": 1e-15, "maxiter": 100000}),
]


class Counted:
    """A function that counts the evaluations asked of it, and those until a minimum is near."""

    def __init__(self, function):
        self.function = function
        self.minima = numpy.array([[float(x) for x in minimum] for minimum in function.minima])
        self.count = dict.fromkeys(("values", "gradients", "hessian_products", "jacobians"), 0)
        self.last = {}
        self.until = None

    def ask(self, column, evaluate, t):
        t = numpy.array(t)
        if column not in self.last or not numpy.array_equal(self.last[column][0], t):
            self.count[column] += 1
            self.last[column] = (t, evaluate(t))
        return numpy.copy(self.last[column][1])

    def value(self, t):
        return self.ask("values", self.function.f, t)

    def gradient(self, t):
        return self.ask("gradients", self.function.gradient, t)

    def hessian_product(self, t, v):
        self.count["hessian_products"] += 1
        return self.function.hessian(t) @ v

    def residuals(self, t):
        return self.ask("values", self.function.r, t)

    def jacobian(self, t):  # asked for at each accepted point alone
        j = self.ask("jacobians", self.function.jacobian, t)
        self.look(t)
        return j

    def distance(self, t):
        return float(numpy.abs(self.minima - t).max(axis=1).min())

    def iteration(self, t):
        if self.count["hessian_products"]:
            self.gradient(t)  # trust-ncg evaluates it in the next one: it is asked once all the same
        self.look(t)

    def look(self, t):
        if self.until is None and self.distance(t) <= NEAR:
            self.until = dict(self.count)


def run(method, name, function, scipys, options):
    counted = Counted(function)
    start = numpy.array(function.start)
    if method == "Levenberg-Marquardt":
        result = scipy.optimize.least_squares(
            counted.residuals, start, counted.jacobian, method="lm", x_scale=1.0, **options
        )
    else:
        second = {"hessp": counted.hessian_product} if method == "Newton-CG" else {}
        result = scipy.optimize.minimize(
            counted.value,
            start,
            jac=counted.gradient,
            method=scipys,
            callback=counted.iteration,
            options=options,
            **second,
        )
    counted.look(result.x)
    return {
        "method": method,
        "function": name,
        "scipy": scipys,
        "until": counted.until,
        "total": counted.count,
        "distance": counted.distance(result.x),
    }


def make_minimize():
    battery = functions()
    squares = {name: f for name, f in battery.items() if isinstance(f, SumOfSquares)}
    runs = [
        run(method, name, function, scipys, options)
        for method, scipys, options in METHODS
        for name, function in squares.items()
    ]
    tight = {"ftol": 1e-15, "xtol": 1e-15, "gtol": 1e-15, "max_nfev": 10000}
    runs += [
        run("Levenberg-Marquardt", name, function, "least_squares, lm", tight)
        for name, function in squares.items()
    ]
    described = [
        {
            "name": name,
            "start": function.start,
            "minima": [[float(x) for x in minimum] for minimum in function.minima],
            "value": value_at(function, function.minima[0]),
            "sample": sample(function),
        }
        for name, function in battery.items()
    ]
    return {"scipy": scipy.__version__, "functions": described, "runs": runs}


def value_at(function, t):
    if isinstance(function, Value):
        return float(function.exact(*t))
    return float(function.f(numpy.array([float(x) for x in t])))


def sample(function):
    place = [x + (0.25, -0.5, 0.75)[i % 3] for i, x in enumerate(function.start)]
    return {"theta": place, "value": value_at(function, place)}


def main():
    warnings.simplefilter("ignore")  # of precision loss, which tight tolerances provoke
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
    (folder / "minimize.json").write_text(layout(make_minimize()) + "\n")


if __name__ == "__main__":
    main()
