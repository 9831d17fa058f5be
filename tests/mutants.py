"""Plants one error at a time in the derivatives, and checks that the tests detect each.

    python3 tests/mutants.py [BUILD_FOLDER] [NUMBER ...]

A mutant is caught if the tests of the operations fail; mutation.py says how. A mutant takes about ten seconds.
"""

from mutation import Mutant, check

OPS = "autodiff/ops/"

# operation, kind of error, file, correct text, wrong text
MUTANTS = [
    ("exp", "factor 1.0005", OPS + "elementary.cpp", "d.add(0, g * y); });",
     "d.add(0, Real(1.0005) * g * y); });"),
    ("tanh", "factor 1.0005", OPS + "trigonometric.cpp", "d.add(0, g * (Real(1) - y * y)); });",
     "d.add(0, Real(1.0005) * g * (Real(1) - y * y)); });"),
    ("cos", "flipped sign", OPS + "trigonometric.cpp", "d.add(0, -g * sin(in[0])); });",
     "d.add(0, g * sin(in[0])); });"),
    ("atanh", "sign inside", OPS + "trigonometric.cpp",
     "g / ((Real(1) - in[0]) * (Real(1) + in[0]))", "g / ((Real(1) + in[0]) * (Real(1) + in[0]))"),
    ("log10", "wrong constant", OPS + "elementary.cpp", "g / (in[0] * ln10_v<Real>)",
     "g / (in[0] * ln2_v<Real>)"),
    ("cbrt", "wrong power", OPS + "elementary.cpp", "g / (Real(3) * y * y)", "g / (Real(3) * y)"),
    ("subtract", "flipped sign", OPS + "arithmetic.cpp", "d.add(1, -g);", "d.add(1, g);"),
    ("divide", "swapped operands", OPS + "arithmetic.cpp", "d.add(1, -g * y / in[1]);",
     "d.add(1, -g * y / in[0]);"),
    ("hypot", "missing factor", OPS + "arithmetic.cpp", "d.add(1, g * (Real(1) - is_zero(y)) * in[1] / (y + is_zero(y)));",
     "d.add(1, (Real(1) - is_zero(y)) * in[1] / (y + is_zero(y)));"),
    ("minimum", "swapped sides", OPS + "selection.cpp", "d.add(0, masked(weight_of_first(in[1] - in[0]), g));",
     "d.add(0, masked(weight_of_first(in[0] - in[1]), g));"),
    ("clip", "gradient beyond the bounds", OPS + "selection.cpp", "masked(is_equal(in[0], y), g)", "g"),
    ("where", "both sides alike", OPS + "selection.cpp",
     "d.add(1, masked(Real(1) - d.constant(chosen), g));",
     "d.add(1, masked(d.constant(chosen), g));"),
    ("softplus", "derivative too long by 0.1 %", OPS + "activation.cpp", "-g * expm1(-y)",
     "-g * expm1(Real(-1.001) * y)"),
    ("leaky_relu", "slope forgotten", OPS + "activation.cpp",
     "g * (slope + (Real(1) - slope) * is_positive(in[0]))", "g * is_positive(in[0])"),
    ("softmax", "sum over the batch", OPS + "activation.cpp",
     "const auto total = reel::sum(g * y, axis, true);",
     "const auto total = reel::sum(g * y, Axes(), true);"),
    ("mean", "factor forgotten", OPS + "reduction.cpp", "reel::reshape(weight * g, kept)",
     "reel::reshape(g, kept)"),
    ("max", "ties not shared", OPS + "reduction.cpp", "return hit / reel::sum(hit, axes, true);",
     "return SharedTensor(hit);"),
    ("norm", "squared", OPS + "reduction.cpp", "(y_kept + is_zero(y_kept))",
     "(y_kept * y_kept + is_zero(y_kept))"),
    ("cumulative_sum", "from the same end", OPS + "reduction.cpp",
     "reel::cumulative_sum(g, axis, !reverse)", "reel::cumulative_sum(g, axis, reverse)"),
    ("concatenate", "pieces off by one", OPS + "slices.cpp",
     "reel::slice(g, axis, i == 0 ? 0 : ends[i - 1], ends[i])",
     "reel::slice(g, axis, 0, ends[i] - (i == 0 ? 0 : ends[i - 1]))"),
    ("take", "= instead of +=", "autodiff/tensor/slices.cpp", "to[j] += from[j];", "to[j] = from[j];"),
    ("matmul", "missing transpose", OPS + "product.cpp", "d.add_matmul(0, g, false, in[1], !tb);",
     "d.add_matmul(0, g, false, in[1], tb);"),
    ("add", "= instead of += for a value used twice", "autodiff/engine/rule.cpp",
     "detail::add(sum.mutate(), e);", "detail::assign(sum.mutate(), e);"),
    ("multiply", "missing broadcast sum", "autodiff/tensor/reductions.cpp",
     "return reshape(fold_axes<Sum>(x, stretched), shape);",
     "return reshape(fold_axes<Max>(x, stretched), shape);"),
    ("softmax_cross_entropy", "recorded gradient not scaled", OPS + "loss.cpp",
     "return weight * (reel::softmax(in[0]) - one_hot(labels, classes));",
     "return reel::softmax(in[0]) - one_hot(labels, classes);"),
    ("inverse", "missing transpose", OPS + "linear_algebra.cpp",
     "reel::matmul(reel::matmul(y, true, g, false), false, y, true)",
     "reel::matmul(reel::matmul(y, true, g, false), false, y, false)"),
    ("cholesky", "not symmetric", OPS + "linear_algebra.cpp",
     "Real(0.5) * (s + reel::transpose(s))", "Real(0.5) * (s + s)"),
]

TESTS = ["--source-file=*/operations_test.cpp,*/linear_algebra_test.cpp"]

if __name__ == "__main__":
    check("reel-tests-f64", [Mutant(f"{name:24} {kind:42}", *change, TESTS) for name, kind, *change in MUTANTS])
