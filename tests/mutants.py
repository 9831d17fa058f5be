"""Plants one error at a time in the derivatives and in their checker, and checks that the tests detect each.

    python3 tests/mutants.py [BUILD_FOLDER] [NUMBER ...]

A mutant is caught if the tests of the operations fail, or those of the checker; mutation.py says how. A mutant takes
about ten seconds.
"""

from mutation import Mutant, check

OPS = "autodiff/ops/"
CHECK = "autodiff/inspect/check"
# Each in the order in which they run, the quick ones first.
OPERATION_TESTS = [["--source-file=*/operations_test.cpp,*/special_points_test.cpp,*/linear_algebra_test.cpp,*/matrix_products_test.cpp"]]
CHECKER_TESTS = [
    ["--test-case-exclude=CHECK_GRADIENTS fails*", "--source-file=*/check_noise_test.cpp,*/check_wrong_test.cpp,*/check_kinks_test.cpp,*/check_fault_test.cpp,*/autodiff/check_test.cpp,*/user_operation_test.cpp"],
    ["--source-file=*/check_right_test.cpp"], ["--source-file=*/check_fast_test.cpp"],
]

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
    ("batch_norm", "mean forgotten", OPS + "normalization.cpp",
     "(g - (by_bias + standard * by_weight) / n)", "(g - standard * by_weight / n)"),
    ("layer_norm", "mean forgotten", OPS + "normalization.cpp",
     "(h - (sum + standard * along) / n)", "(h - standard * along / n)"),
    ("layer_norm", "other axis", OPS + "normalization.cpp",
     "const auto along = reel::sum(h * standard, -1, true);",
     "const auto along = reel::sum(h * standard, 0, true);"),
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
    # the numerical derivative
    ("stencil", "a value's weight off by one", CHECK + "/numeric.cpp", "(8 * near - far) / (12 * h)",
     "(7 * near - far) / (10 * h)"),
    ("stencil", "sums term by term", CHECK + "/numeric.cpp", "(8 * near - far) / (12 * h)",
     "(8 / (12 * h) * points[2][k] - 8 / (12 * h) * points[1][k] - points[3][k] / (12 * h) + points[0][k] / (12 * h))"),
    ("rounding", "forgotten", CHECK + "/numeric.cpp", "0.75 * std::numeric_limits<Real>::epsilon()", "0"),
    ("rounding", "a hundred times too large", CHECK + "/numeric.cpp", "(0.75 *", "(75 *"),
    ("tolerance", "atol does not shrink", CHECK + "/numeric.h", "std::clamp(largest_value, 1e-6, 1.0)", "1.0"),
    ("tolerance", "atol shrinks without end", CHECK + "/numeric.h", "std::clamp(largest_value, 1e-6, 1.0)",
     "std::min(largest_value, 1.0)"),
    ("tolerance", "does not grow with the derivative", CHECK + "/numeric.h", " + rtol * derivative", ""),
    ("noise", "a hundred times too large", CHECK + "/numeric.cpp", "4.5 * d.noise()[k]", "450 * d.noise()[k]"),
    ("noise", "forgotten", CHECK + "/numeric.cpp", "4.5 * d.noise()[k]", "0 * d.noise()[k]"),
    ("noise", "from first differences", CHECK + "/numeric.cpp", "if (j >= 4 &&", "if (j >= 1 &&"),
    ("noise", "not scaled by the order of the difference", CHECK + "/numeric.cpp", "factor *= j / (2.0 * (2 * j - 1));",
     "factor *= 1;"),
    ("noise", "points far apart", CHECK + "/numeric.cpp", "digits > 24 ? 1e-2 : 4", "digits > 24 ? 1e6 : 4"),
    ("noise", "excuses any difference", CHECK + "/numeric.cpp", "difference <= allowed + 2 * rounding ?",
     "difference <= infinity ?"),
    ("most certain", "doubt forgotten", CHECK + "/numeric.cpp", "? 2 * rounding : 0;", "? 0 : 0;"),
    ("most certain", "the least certain step", CHECK + "/numeric.cpp", "if (error >= least) continue;",
     "if (least < infinity && error <= least) continue;"),
    ("most certain", "longer steps beyond a pole", CHECK + "/numeric.cpp",
     "if (least < infinity && std::abs(numeric - best.numeric) > least + error) break;", ""),
    ("most certain", "the smallest step alone", CHECK + "/numeric.cpp", "if (error >= least) continue;",
     "if (least < infinity) break;"),
    ("compare", "one step alone", CHECK + "/numeric.cpp", "level < d.levels(); ++level)", "level < 1; ++level)"),
    ("compare", "steps whose rounding hides all", CHECK + "/numeric.cpp", "roundoff[k] >= allowed)\n      break;",
     "roundoff[k] < 0)\n      break;"),
    ("kink", "never", CHECK + "/numeric.cpp", "if (const auto kink = d.kink(k, allowed);", "if (const auto kink = std::optional<Differences::Kink>();"),
    ("kink", "everywhere", CHECK + "/numeric.cpp", "> 10 * margin)) return {};", ">= 0)) return {};"),
    ("kink", "accepts what lies outside", CHECK + "/numeric.cpp",
     "kink && kink->low <= analytic.value && analytic.value <= kink->high", "kink"),
    # lines, sweeps and orders
    ("line", "does not follow the size of an element", CHECK + "/program.cpp", "  result.step *= std::max(1.0, std::abs(x));\n", ""),
    ("line", "a random one does not either", CHECK + "/program.cpp", "weights[e] * std::max(1.0, std::abs(x))", "weights[e]"),
    ("line", "as many steps near 0 as elsewhere", CHECK + "/program.cpp", "size > 0 && size < 1;", "false;"),
    ("sum along a line", "the size of its terms forgotten", CHECK + "/program.cpp", "std::hypot(sum.scale, term)", "0 * term"),
    ("projected gradient", "equal weights", CHECK + "/program.cpp", "(rng.next() % 2 ? 1 : -1) * rng.uniform(0.5, 1.5)", "1 + 0 * rng.uniform(0.5, 1.5)"),
    ("sweep", "the better one counts", CHECK + ".cpp", "recorded.excess > fused.excess ?", "recorded.excess < fused.excess ?"),
    ("sweep", "a doubtful one hides a wrong one", CHECK + ".cpp",
     "  if (fused.doubt > 0 && recorded.doubt == 0 && !recorded.ok()) return recorded;\n  if (recorded.doubt > 0 && fused.doubt == 0 && !fused.ok()) return fused;\n", ""),
    ("seed", "1, so that g may be forgotten", CHECK + ".cpp", "seeds[k].data()[k] = -2;", "seeds[k].data()[k] = 1;"),
    ("report", "the best entry", CHECK + ".cpp", "found.excess < report_.excess", "found.excess > report_.excess"),
    ("report", "nothing judged is a pass", CHECK + ".cpp", "report_.entries == 0 && report_.unjudged > 0", "false"),
    ("lower kink", "everywhere", CHECK + ".cpp", "!found.ok() && at_lower_kink(line)", "!found.ok() && subjects_.size() > 1"),
    ("lower kink", "never", CHECK + ".cpp", "!found.ok() && at_lower_kink(line)", "false"),
    ("fast mode", "no point beside kinks", CHECK + ".cpp", "(found.kink || at_lower_kink(line)) && check_beside()", "false"),
    ("fast mode", "no point beside kinks of lower order", CHECK + ".cpp", "(found.kink || at_lower_kink(line))", "found.kink"),
    ("fast mode", "the point beside is not checked", CHECK + ".cpp", "if (beside_ == Beside::unknown) {",
     "if (beside_ == Beside::unknown) beside_ = Beside::right;\n  if (beside_ == Beside::unknown) {"),
    ("fast mode", "the report from beside is lost", CHECK + ".cpp", "if (beside_ == Beside::right && !found.ok) report_ = found;", ""),
    ("fast mode", "beside is at the inputs", CHECK + ".cpp", "(rng.next() % 2 ? 0.25 : -0.25)", "(rng.next() % 2 ? 0 : 0)"),
    ("fast mode", "beside is within the steps", CHECK + ".cpp", "options.step /= 64;", ""),
    ("fast mode", "the second half is not checked", CHECK + ".cpp", "if (report_.ok) check_range(f, g, middle, end);", ""),
    # the operation at fault
    ("fault", "any operation", CHECK + "/fault.cpp", "!(std::abs(sum - difference) < std::abs(difference) / 2)", "false"),
    ("fault", "the smallest error", CHECK + "/fault.cpp", "return std::abs(a) < std::abs(b);", "return std::abs(a) > std::abs(b);"),
    ("fault", "one rule back and not to f", CHECK + "/fault.cpp", "for (; origins.maker(by) != Origins::none; ++order)",
     "for (; order < 1 && origins.maker(by) != Origins::none; ++order)"),
    ("fault", "a constant gradient has no node", CHECK + "/program.cpp", "&& !slots[to].requires_grad())", "&& false)"),
]


def tests_of(path):
    return CHECKER_TESTS if path.startswith(CHECK) else OPERATION_TESTS


if __name__ == "__main__":
    check("reel-tests-f64", [Mutant(f"{name:24} {kind:42}", path, right, wrong, tests_of(path))
                             for name, kind, path, right, wrong in MUTANTS])
