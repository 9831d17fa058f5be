"""Plants one error for each lecture of reel-descent in what it computes, and checks that its test detects it.

    python3 tests/lecture_mutants.py [BUILD_FOLDER] [NUMBER ...]

A mutant is caught if the test of its row fails; mutation.py says how.
"""

from mutation import Mutant, check

OPS, OPTIM, MINIMIZE = "autodiff/ops/", "optim/", "optim/minimize/"
LECTURES = "apps/reel_descent/"
ROWS = LECTURES + "rows/"

# row, error, file, correct text, wrong text
MUTANTS = [
    (1, "a product's derivative by the wrong factor", OPS + "arithmetic.cpp", "d.add(1, g * in[0]);",
     "d.add(1, g * in[1]);"),
    (2, "exp: derivative too large by 1e-9", OPS + "elementary.cpp", "d.add(0, g * y); });",
     "d.add(0, Real(1.000000001) * g * y); });"),
    (3, "tanh: derivative too large by 1e-6", OPS + "trigonometric.cpp", "d.add(0, g * (Real(1) - y * y)); });",
     "d.add(0, Real(1.000001) * g * (Real(1) - y * y)); });"),
    (4, "division: derivative by the divisor divided by the dividend", OPS + "arithmetic.cpp",
     "d.add(1, -g * y / in[1]);", "d.add(1, -g * y / in[0]);"),
    (5, "Jacobian: rows in the reverse order", "autodiff/engine/derivatives.cpp",
     "return rows.empty()", "std::reverse(rows.begin(), rows.end());\n  return rows.empty()"),
    (6, "pow: derivative by the exponent too large by 1e-6", OPS + "arithmetic.cpp", "d.add(1, g * y * log(",
     "d.add(1, Real(1.000001) * g * y * log("),
    (7, "light from the other side", ROWS + "differentiation.cpp", "0.3 * fy +", "-0.3 * fy +"),
    (8, "a unit without its second input", ROWS + "models.cpp", "sigmoid(w41 * x1 + w42 * x2 + b4)",
     "sigmoid(w41 * x1 + w42 * x1 + b4)"),
    (9, "Linear forgets its bias", "nn/linear.cpp", "return bias ? affine(x, weight, bias) :",
     "return false ? affine(x, weight, bias) :"),
    (10, "ELU: α forgotten in the derivative", OPS + "activation.cpp", "(Real(1) - is_positive(in[0])) * alpha *",
     "(Real(1) - is_positive(in[0])) *"),
    (11, "log-softmax: derivative without the probabilities", OPS + "activation.cpp", "d.add(0, g - exp(y) * total);",
     "d.add(0, g - total);"),
    (12, "a hidden layer of one neuron", ROWS + "networks.cpp",
     "{images.train.features(), 10, images.train.classes()}, nn::relu)",
     "{images.train.features(), 1, images.train.classes()}, nn::relu)"),
    (13, "a neuron's contribution with the weights of another", ROWS + "networks.cpp",
     "c(k, h) = w2(k, h) *", "c(k, h) = w2(k, (h + 1) % hidden) *"),
    (14, "stops at twice the tolerance", MINIMIZE + "minimize.cpp", "if (size <= tolerances.gradient)",
     "if (size <= 2 * tolerances.gradient)"),
    (15, "steps too long by 15 %", MINIMIZE + "gradient_descent.cpp", "length_(options.step)",
     "length_(1.15 * options.step)"),
    (16, "a hill moved", LECTURES + "objectives.cpp", "Real(0.1) * (x - 3)", "Real(0.11) * (x - 3)"),
    (17, "Newton steps too short by 1 %", MINIMIZE + "newton.cpp", "/= -eigen.values.data()[i]",
     "/= Real(-1.01) * eigen.values.data()[i]"),
    (18, "directions not quite conjugate", MINIMIZE + "conjugate_gradient.cpp",
     "numerator / inner(gradient_, gradient_)", "0.95 * numerator / inner(gradient_, gradient_)"),
    (19, "damping never lowered", MINIMIZE + "least_squares.cpp",
     "damping_ *= std::max(0.1, 1 - std::pow(2 * agreement - 1, 3));", ""),
    (20, "offset with the wrong sign", LECTURES + "objectives.cpp", "return a * x + b - y;", "return a * x - b - y;"),
    (21, "bell narrower by 0.1 %", LECTURES + "objectives.cpp", "exp(-b * square(x - c))",
     "exp(Real(-1.001) * b * square(x - c))"),
    (22, "momentum averages its gradients", MINIMIZE + "momentum.cpp", "v = kept * v + step * g;",
     "v = kept * v + (1 - kept) * step * g;"),
    (23, "the second unit without its offset", ROWS + "critical_points.cpp", "return unit(0) + unit(3) + element(w, 6);",
     "return unit(0) + element(w, 5) * tanh(element(w, 3) * x) + element(w, 6);"),
    (24, "Rprop remembers the slope where the sign changed", OPTIM + "rprop.cpp",
     "previous[i] = agreement < 0 ? 0 : g;", "previous[i] = g;"),
    (25, "guesses from a smaller cube", MINIMIZE + "random_search.cpp", "return rng.uniform(low, high);",
     "return rng.uniform(0.5 * low, high);"),
    (26, "ripples higher by 1 %", LECTURES + "objectives.cpp", "Real(0.08) * sin", "Real(0.0808) * sin"),
    (27, "slope of the relaxation with the wrong sign", MINIMIZE + "stochastic_relaxation.cpp",
     "stop_gradient(theta)) * (1 / deviation)", "stop_gradient(theta)) * (-1 / deviation)"),
    (28, "rows of the table not sorted", ROWS + "fitting.cpp", "for (std::size_t i = 0; i < 20; ++i) std::sort(",
     "for (std::size_t i = 0; i < 0; ++i) std::sort("),
    (29, "L-BFGS keeps one pair alone", OPTIM + "curvature_pairs.cpp", "if (pairs_.size() == most_)",
     "if (pairs_.size() == 1)"),
    (30, "heights of the points beside", ROWS + "fitting.cpp", "slice(y, 0, begin, begin + size)",
     "slice(y, 0, 0, size)"),
    (31, "the notes' rule upside down", OPTIM + "loss_schedule.cpp",
     "scale(wildness_ > options_.threshold ? options_.down : options_.up);",
     "scale(wildness_ > options_.threshold ? options_.up : options_.down);"),
    (32, "all layers equally wide", ROWS + "training.cpp", "network(images, hidden, rng)", "network(images, 8, rng)"),
    (33, "Adagrad divides by far too much", OPTIM + "adagrad.cpp", "(std::sqrt(s[i]) + eps)",
     "(std::sqrt(s[i]) + 100)"),
    (34, "pairs from nine tenths of the interval", ROWS + "descent.cpp", "const double a = rng.uniform(-10, 10)",
     "const double a = rng.uniform(-9, 9)"),
    (35, "norm of the largest element", MINIMIZE + "minimize.cpp", "total += size;", "total = std::max(total, size);"),
]

if __name__ == "__main__":
    check("reel-tests-apps", [Mutant(f"row {row:2}  {error:52}", *change, [[f"--test-case=row {row}:*"]])
                              for row, error, *change in MUTANTS])
