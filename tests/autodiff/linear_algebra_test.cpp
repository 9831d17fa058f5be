// Linear algebra: values against plain loops, errors, derivatives, identities.
#include <reel/autodiff/tensor/linear_algebra.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/ops.h>

#include "../near.h"
#include "../random_tensor.h"
#include "../special_values.h"
#include "../throws.h"
#include "derivative_cases.h"

namespace reel::inline REEL_PRECISION {
namespace {

Tensor identity(std::size_t n) {
  Tensor t = zeros({n, n});
  for (std::size_t i = 0; i < n; ++i) t(i, i) = 1;
  return t;
}

// x·xᵀ + I
Tensor positive_definite(std::size_t n, std::uint64_t seed) {
  const Tensor x = random_tensor({n, n}, seed);
  return matmul(x, false, x, true) + identity(n);
}

// ---- references, in long double

struct ExactMatrix {
  std::size_t rows, columns;
  std::vector<long double> values;

  long double& operator()(std::size_t i, std::size_t j) { return values[i * columns + j]; }
};

// A vector becomes one column.
ExactMatrix exact(const Tensor& t) {
  return {t.shape()[0], t.dimension() == 2 ? t.shape()[1] : 1, {t.begin(), t.end()}};
}

// The largest row sum of |a|.
double norm_of(ExactMatrix a) {
  double largest = 0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    long double row = 0;
    for (std::size_t j = 0; j < a.columns; ++j) row += std::abs(a(i, j));
    largest = std::max(largest, static_cast<double>(row));
  }
  return largest;
}

struct Solution {
  ExactMatrix x;
  long double determinant;
};

// Gaussian elimination with row exchanges: b becomes A⁻¹·b.
Solution eliminate(ExactMatrix a, ExactMatrix b) {
  long double determinant = 1;
  for (std::size_t c = 0; c < a.rows; ++c) {
    std::size_t pivot = c;
    for (std::size_t i = c; i < a.rows; ++i)
      if (std::abs(a(i, c)) > std::abs(a(pivot, c))) pivot = i;
    for (std::size_t j = 0; j < a.columns && pivot != c; ++j) std::swap(a(c, j), a(pivot, j));
    for (std::size_t j = 0; j < b.columns && pivot != c; ++j) std::swap(b(c, j), b(pivot, j));
    determinant *= pivot == c ? a(c, c) : -a(c, c);
    for (std::size_t i = 0; i < a.rows; ++i) {
      if (i == c) continue;
      const long double factor = a(i, c) / a(c, c);
      for (std::size_t j = c; j < a.columns; ++j) a(i, j) -= factor * a(c, j);
      for (std::size_t j = 0; j < b.columns; ++j) b(i, j) -= factor * b(c, j);
    }
  }
  for (std::size_t i = 0; i < b.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j) b(i, j) /= a(i, i);
  return {std::move(b), determinant};
}

double condition(const Tensor& a) {
  return norm_of(exact(a)) * norm_of(eliminate(exact(a), exact(identity(a.shape()[0]))).x);
}

// Whether ‖t − expected‖ ≤ bound·‖expected‖.
bool close(const Tensor& t, ExactMatrix expected, double bound) {
  ExactMatrix difference = exact(t);
  if (difference.rows != expected.rows || difference.columns != expected.columns) return false;
  for (std::size_t i = 0; i < difference.values.size(); ++i)
    difference.values[i] -= expected.values[i];
  for (const long double d : difference.values)
    if (!std::isfinite(d)) return false;
  return norm_of(difference) <= bound * norm_of(expected);
}

// The relative error that rounding may cause in a solution of n unknowns. Elimination with row
// exchanges exactly solves a system within about n·eps of the given one (Higham, Accuracy and
// Stability of Numerical Algorithms, §9.3), and the condition number amplifies this change.
double allowed(const Tensor& a) { return static_cast<double>(a.shape()[0]) * eps * condition(a); }

bool any_nan(const Tensor& t) {
  for (const Real x : t)
    if (std::isnan(x)) return true;
  return false;
}

struct NamedFunction {
  std::string name;
  std::function<Var(const Var&)> f;
};
const std::vector<NamedFunction> decompositions{
    {"inverse", [](const Var& x) { return inverse(x); }},
    {"solve", [](const Var& x) { return solve(x, full({x.shape()[0]}, 1)); }},
    {"determinant", [](const Var& x) { return determinant(x); }},
    {"log_determinant", [](const Var& x) { return log_determinant(x); }},
    {"cholesky", [](const Var& x) { return cholesky(x); }}};

}  // namespace

TEST_CASE("diagonal and trace") {
  const auto check = [](std::size_t n, std::size_t m) {
    CAPTURE(n);
    CAPTURE(m);
    const Tensor x = random_tensor({n, m}, 1);
    const Tensor d = diagonal(Var(x)).value();
    REQUIRE(d.shape() == Shape{std::min(n, m)});
    double sum = 0;
    for (std::size_t i = 0; i < d.size(); ++i) {
      CHECK(d(i) == x(i, i));
      sum += x(i, i);
    }
    CHECK(trace(x).shape() == Shape{});
    CHECK(near(trace(x).item(), sum, 4 * eps, 4 * eps));
  };
  for (std::size_t n = 0; n < 5; ++n)
    for (std::size_t m = 0; m < 5; ++m) check(n, m);
  CHECK_ERROR("[diagonal] takes a matrix, got (3).", diagonal(Var(zeros({3}))));
  CHECK_ERROR("[diagonal] takes a matrix, got (2,2,2).", diagonal(Var(zeros({2, 2, 2}))));
  CHECK_ERROR("[trace] takes a matrix, got ().", trace(Var(1)));
}

TEST_CASE("inverse, solve and determinant, against Gauss elimination") {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 7U, 16U, 17U, 33U, 70U}) {
    CAPTURE(n);
    const Tensor a = random_tensor({n, n}, n);
    const double bound = allowed(a);
    REQUIRE(bound < 0.1);
    CHECK(close(inverse(a), eliminate(exact(a), exact(identity(n))).x, bound));
    for (const Shape& shape : {Shape{n}, Shape{n, 1}, Shape{n, 3}, Shape{n, 40}}) {
      CAPTURE(to_string(shape));
      const Tensor b = random_tensor(shape, 2);
      const Tensor x = solve(a, b);
      CHECK(x.shape() == shape);
      CHECK(close(x, eliminate(exact(a), exact(b)).x, bound));
    }
    const auto expected = static_cast<double>(eliminate(exact(a), exact(a)).determinant);
    CHECK(near(item(determinant(a)), expected, bound));
    // a relative error of the determinant is an absolute error of its logarithm, which is a sum of
    // terms of its own magnitude
    CHECK(near(item(log_determinant(a)), std::log(std::abs(expected)), 4 * eps,
               bound + static_cast<double>(n) * eps));
  }
}

TEST_CASE("cholesky, against its own sums") {
  for (const std::size_t n : {1U, 2U, 3U, 4U, 7U, 16U, 17U, 33U, 70U}) {
    CAPTURE(n);
    const Tensor x = positive_definite(n, n);
    ExactMatrix l = exact(zeros({n, n})), a = exact(x);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = j; i < n; ++i) {
        long double sum = a(i, j);
        for (std::size_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
        l(i, j) = i == j ? std::sqrt(sum) : sum / l(j, j);
      }
    const Tensor y = cholesky(x);
    CHECK(close(y, l, allowed(x)));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) CHECK(y(i, j) == 0);
    // the upper triangle is not read
    Tensor lower = x;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) lower(i, j) = nan;
    CHECK(cholesky(lower) == y);
  }
}

TEST_CASE("identities") {
  for (const std::size_t n : {1U, 2U, 5U, 20U}) {
    CAPTURE(n);
    const Tensor a = random_tensor({n, n}, 10 + n), b = random_tensor({n, n}, 20 + n);
    const double bound = allowed(a);
    CHECK(near(matmul(inverse(a), a), identity(n), 0, bound));
    CHECK(near(matmul(a, inverse(a)), identity(n), 0, bound));
    CHECK(near(matmul(a, solve(a, b)), b, 0, bound * norm_of(exact(b))));
    CHECK(close(solve(a, identity(n)), exact(inverse(a)), 2 * bound));
    const double product = item(determinant(a)) * item(determinant(b));
    CHECK(near(item(determinant(matmul(a, b))), product, allowed(a) * allowed(b) / eps));
    CHECK(near(item(determinant(transpose(a))), item(determinant(a)), 2 * bound));
    CHECK(near(std::exp(item(log_determinant(a))), std::abs(item(determinant(a))), bound));
    const Tensor x = positive_definite(n, n), l = cholesky(x);
    // l is the exact factor of a matrix within about n·eps of x (Higham, §10.1)
    CHECK(near(matmul(l, false, l, true), x, 0, static_cast<double>(n) * eps * norm_of(exact(x))));
  }
}

TEST_CASE("small matrices whose results are exact") {
  const Tensor exchange = matrix({{0, 1, 0}, {0, 0, 1}, {1, 0, 0}});
  CHECK(inverse(exchange) == transpose(exchange));
  CHECK(solve(exchange, vector({1, 2, 3})) == vector({3, 1, 2}));
  CHECK(solve(exchange, matrix({{1, 4}, {2, 5}, {3, 6}})) == matrix({{3, 6}, {1, 4}, {2, 5}}));
  CHECK(determinant(exchange) == scalar(1));
  CHECK(determinant(matrix({{0, 1}, {1, 0}})) == scalar(-1));
  CHECK(log_determinant(matrix({{0, 1}, {1, 0}})) == scalar(0));
  CHECK(inverse(matrix({{1, 2}, {0, 4}})) == matrix({{1, -0.5}, {0, 0.25}}));
  CHECK(cholesky(matrix({{4, 2}, {2, 10}})) == matrix({{2, 0}, {1, 3}}));
  const Tensor one = matrix({{-4}});
  CHECK(inverse(one) == matrix({{-0.25}}));
  CHECK(solve(one, vector({2})) == vector({-0.5}));
  CHECK(solve(one, matrix({{2, 4}})) == matrix({{-0.5, -1}}));
  CHECK(determinant(one) == scalar(-4));
  CHECK(log_determinant(one) == scalar(std::log(Real(4))));
  CHECK(cholesky(matrix({{4}})) == matrix({{2}}));
}

TEST_CASE("the empty matrix") {
  const Tensor none = zeros({0, 0});
  CHECK(inverse(none) == none);
  CHECK(determinant(none) == scalar(1));
  CHECK(log_determinant(none) == scalar(0));
  CHECK(cholesky(none) == none);
  CHECK(solve(none, zeros({0})).shape() == Shape{0});
  CHECK(solve(none, zeros({0, 3})).shape() == Shape{0, 3});
  CHECK(solve(matrix({{1, 2}, {3, 4}}), zeros({2, 0})).shape() == Shape{2, 0});
  for (const NamedFunction& operation : decompositions)
    for (const bool create_graph : {false, true}) {
      CAPTURE(operation.name);
      Tape tape;
      const Var x = tape.variable(none);
      CHECK(grad(sum(operation.f(x)), x, {.create_graph = create_graph}).value() == none);
    }
}

TEST_CASE("shapes that don't fit") {
  for (const NamedFunction& operation : decompositions) {
    CAPTURE(operation.name);
    CHECK_ERROR("[" + operation.name + "] takes a square matrix, got (2,3).",
                operation.f(zeros({2, 3})));
    CHECK_ERROR("[" + operation.name + "] takes a square matrix, got (2,2,2).",
                operation.f(zeros({2, 2, 2})));
    CHECK_ERROR("[" + operation.name + "] takes a square matrix, got (3).",
                operation.f(zeros({3})));
    CHECK_ERROR("[" + operation.name + "] takes a square matrix, got (0,1).",
                operation.f(zeros({0, 1})));
  }
  CHECK_ERROR("[inverse] takes a square matrix, got ().", inverse(scalar(1)));
  const auto solved = [](const Shape& b) { solve(Var(identity(2)), Var(zeros(b))); };
  CHECK_ERROR("[solve] takes A (n,n) and b (n) or (n,m), got (2,2) and ().", solved({}));
  CHECK_ERROR("[solve] takes A (n,n) and b (n) or (n,m), got (2,2) and (3).", solved({3}));
  CHECK_ERROR("[solve] takes A (n,n) and b (n) or (n,m), got (2,2) and (1,2).", solved({1, 2}));
  CHECK_ERROR("[solve] takes A (n,n) and b (n) or (n,m), got (2,2) and (2,1,1).",
              solved({2, 1, 1}));
}

TEST_CASE("singular matrices") {
  for (const Tensor& x : {zeros({1, 1}), matrix({{1, 2}, {2, 4}}), zeros({3, 3}),
                          matrix({{1, 2, 3}, {0, 0, 0}, {4, 5, 7}}),
                          matrix({{1, 0, 3}, {2, 0, 0}, {4, 0, 7}}), full({30, 30}, 1)}) {
    const std::string singular = "] the matrix " + to_string(x.shape()) + " is singular.";
    const std::size_t n = x.shape()[0];
    CHECK_ERROR("[inverse" + singular, inverse(x));
    CHECK_ERROR("[solve" + singular, solve(x, full({n}, 1)));
    CHECK_ERROR("[solve" + singular, solve(x, full({n, 2}, 1)));
    CHECK_ERROR("[log_determinant" + singular, log_determinant(x));
    CHECK(determinant(x) == scalar(0));
    Tape tape;
    const Var v = tape.variable(x);
    CHECK_ERROR("[inverse" + singular, grad(determinant(v), v));
  }
}

TEST_CASE("matrices that are not positive definite") {
  for (const Tensor& x : {zeros({1, 1}), matrix({{-1}}), matrix({{1, 2}, {2, 1}}),
                          matrix({{1, 1}, {1, 1}}), Tensor(-identity(3)), full({40, 40}, 1)})
    CHECK_ERROR("[cholesky] the matrix " + to_string(x.shape()) + " is not positive definite.",
                cholesky(x));
  Tensor last = identity(30);
  last(29, 29) = -1;
  CHECK_ERROR("[cholesky] the matrix (30,30) is not positive definite.", cholesky(last));
}

TEST_CASE("ill-conditioned matrices") {
  // 1/(i + j + 1): the condition number grows like e^3.5n
  const std::size_t n = eps < 1e-10 ? 8 : 4;
  Tensor hilbert = uninitialized({n, n});
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) hilbert(i, j) = Real(1) / static_cast<Real>(i + j + 1);
  CHECK(condition(hilbert) > 1e4);
  CHECK(close(inverse(hilbert), eliminate(exact(hilbert), exact(identity(n))).x, allowed(hilbert)));
  const Tensor b = full({n}, 1);
  CHECK(close(solve(hilbert, b), eliminate(exact(hilbert), exact(b)).x, allowed(hilbert)));
  CHECK(near(item(determinant(hilbert)),
             static_cast<double>(eliminate(exact(hilbert), exact(b)).determinant),
             allowed(hilbert)));
  const Tensor l = cholesky(hilbert);
  CHECK(near(matmul(l, false, l, true), hilbert, 0, static_cast<double>(n) * eps));
  // elimination without row exchanges would lose the 1 in the corner
  const Real tiny = Real(eps / 1024);
  CHECK(near(solve(matrix({{tiny, 1}, {1, 1}}), vector({1, 2})), vector({1, 1}), 2 * eps));
  CHECK(near(inverse(matrix({{tiny, 1}, {1, 1}})), matrix({{-1, 1}, {1, 0}}), eps, eps));
  // badly scaled, but each entry is exact
  const Real small = std::ldexp(Real(1), -100), large = std::ldexp(Real(1), 100);
  CHECK(inverse(matrix({{small, 0}, {0, large}})) == matrix({{large, 0}, {0, small}}));
  CHECK(determinant(matrix({{small, 0}, {0, large}})) == scalar(1));
}

TEST_CASE("eigenvalues and eigenvectors of symmetric matrices") {
  for (const std::size_t n : {1U, 2U, 3U, 20U, 70U}) {
    CAPTURE(n);
    Tensor x = random_tensor({n, n}, n);
    x += transpose(x);
    const Eigen eigen = symmetric_eigen(x);
    const Tensor& v = eigen.vectors;
    REQUIRE(eigen.values.shape() == Shape{n});
    REQUIRE(v.shape() == Shape{n, n});
    CHECK(std::is_sorted(eigen.values.begin(), eigen.values.end()));
    // backward stable: an error of about n·eps, relative to the norm
    const double bound = 4 * static_cast<double>(n) * eps;
    CHECK(near(matmul(v, true, v, false), identity(n), 0, bound));
    CHECK(near(matmul(Tensor(v * eigen.values), false, v, true), x, 0, bound * norm_of(exact(x))));
    // the upper triangle is not read
    Tensor lower = x;
    for (std::size_t i = 0; i < n; ++i) std::fill(&lower(i, i) + 1, lower.data() + (i + 1) * n, 7);
    CHECK(symmetric_eigen(lower).values == eigen.values);
  }
  const Eigen known = symmetric_eigen(matrix({{0, 0}, {2, 3}}));  // {{0, 2}, {2, 3}}
  CHECK(near(known.values, vector({-1, 4}), 2 * eps));
  CHECK(near(std::abs(known.vectors(0, 0)), 2 / std::sqrt(5.0), 2 * eps));
  CHECK(near(-2 * known.vectors(1, 0), known.vectors(0, 0), 4 * eps));
  CHECK(symmetric_eigen(zeros({3, 3})).values == zeros({3}));
  CHECK(symmetric_eigen(zeros({0, 0})).vectors.shape() == Shape{0, 0});
  CHECK_ERROR("[symmetric_eigen] takes a square matrix, got (2,3).",
              symmetric_eigen(zeros({2, 3})));
  CHECK_ERROR("[symmetric_eigen] an element of (2,2) is not finite: nan.",
              symmetric_eigen(matrix({{1, 0}, {nan, 1}})));
}

TEST_CASE("least squares by any matrix") {
  for (const auto& [rows, columns] : {std::pair<std::size_t, std::size_t>{1, 1},
                                      {2, 2},
                                      {30, 30},
                                      {3, 2},
                                      {60, 5},
                                      {2, 3},
                                      {4, 40}}) {
    const std::size_t m = rows, n = columns;
    CAPTURE(m);
    CAPTURE(n);
    const Tensor a = random_tensor({m, n}, m + n), b = random_tensor({m}, m);
    const Tensor x = solve_least_squares(a, b);
    REQUIRE(x.shape() == Shape{n});
    // the normal equations, for x or for the y with Aᵀ·y = x; the squared condition number of the
    // random matrices is below 1e4
    const Tensor column = reshape(b, {m, 1});
    const Tensor expected = m >= n
                                ? solve(matmul(a, true, a, false), matmul(a, true, column, false))
                                : matmul(a, true, solve(matmul(a, false, a, true), column), false);
    CHECK(near(x, reshape(expected, {n}), 1e6 * eps, 1e6 * eps));
  }
  // of rank one: the shortest solution
  CHECK(near(solve_least_squares(matrix({{1, 2}, {2, 4}, {0, 0}}), vector({5, 10, 7})),
             vector({1, 2}), 8 * eps));
  CHECK(solve_least_squares(zeros({3, 2}), vector({1, 2, 3})) == zeros({2}));
  CHECK(solve_least_squares(zeros({0, 2}), zeros({0})) == zeros({2}));
  CHECK(solve_least_squares(zeros({2, 0}), vector({1, 2})).shape() == Shape{0});
  CHECK_ERROR("[solve_least_squares] takes A (m,n) and b (m), got (2,3) and (3).",
              solve_least_squares(zeros({2, 3}), zeros({3})));
  CHECK_ERROR("[solve_least_squares] an element of (1) is not finite: inf.",
              solve_least_squares(matrix({{1}}), vector({inf})));
}

TEST_CASE("NaN and infinity: a result that shows them, or an error") {
  for (const std::size_t n : {1U, 2U, 3U, 20U, 70U})
    for (const NamedFunction& operation : decompositions) {
      CAPTURE(n);
      CAPTURE(operation.name);
      const Tensor x = positive_definite(n, 1);
      const auto with = [&x, n](Real value, std::size_t row, std::size_t column) {
        Tensor changed = x;
        changed(row % n, column % n) = value;
        return changed;
      };
      const auto shown = [&operation](const Tensor& changed) {
        try {
          return any_nan(operation.f(changed).value());
        } catch (const Error&) {
          return true;
        }
      };
      for (const std::size_t at : {std::size_t{0}, n / 2, n - 1}) {
        CHECK(shown(with(nan, at, at)));
        CHECK(shown(with(nan, at, 0)));
        if (operation.name != "cholesky") CHECK(shown(with(nan, 0, at)));
        shown(with(inf, at, 0));
        shown(with(-inf, at, at));
      }
      CHECK(shown(full({n, n}, nan)));
      shown(full({n, n}, inf));
      shown(full({n, n}, std::numeric_limits<Real>::max()));
      shown(full({n, n}, std::numeric_limits<Real>::denorm_min()));
    }
  CHECK(any_nan(solve(identity(3), vector({1, nan, 2}))));
  CHECK(any_nan(determinant(matrix({{0, nan}, {0, 1}}))));
  CHECK(any_nan(determinant(matrix({{0, 0}, {nan, 1}}))));
}

// ---- derivatives; float has too few digits for numerical derivatives
#ifdef REEL_F64

namespace {

// A matrix (3,3) far from singular, with a negative determinant.
const Tensor negative = matrix({{1.5, 0.3, -0.4}, {0.2, -1.2, 0.6}, {-0.7, 0.5, 1.1}});
const Tensor positive = matrix({{1.5, 0.3, -0.4}, {0.2, 1.2, 0.6}, {-0.7, 0.5, 1.1}});

}  // namespace

TEST_CASE("derivatives of linear algebra") {
  const auto solved = [](Vars v) { return solve(v[0], v[1]); };
  const auto of = [](Var (*f)(const Var&)) { return [f](Vars v) { return f(v[0]); }; };
  const auto factor = [](Vars v) {
    return cholesky(matmul(v[0], false, v[0], true) + identity(v[0].shape()[0]));
  };
  const Tensor one = matrix({{-1.7}});
  check_all({
      {"diagonal", [](Vars v) { return diagonal(v[0] * v[0]); }, {random_tensor({3, 2}, 1)}},
      {"diagonal of a wide matrix",
       [](Vars v) { return diagonal(v[0] * v[0]); },
       {random_tensor({2, 4}, 1)}},
      {"trace", [](Vars v) { return trace(matmul(v[0], v[0])); }, {random_tensor({3, 3}, 1)}},
      {"inverse", of(&reel::inverse), {negative}},
      {"inverse (1,1)", of(&reel::inverse), {one}},
      {"inverse used twice",
       [](Vars v) { return inverse(v[0]) * inverse(v[0]) * v[0]; },
       {negative}},
      {"solve, vector", solved, {negative, vector({1, -2, 0.5})}},
      {"solve, matrix", solved, {negative, random_tensor({3, 2}, 1)}},
      {"solve, one column", solved, {negative, random_tensor({3, 1}, 1)}},
      {"solve (1,1)", solved, {one, vector({0.8})}},
      {"solve, constant matrix",
       [](Vars v) { return square(solve(negative, v[0])); },
       {vector({1, -2, 0.5})}},
      {"solve, constant right-hand side",
       [](Vars v) {
         return solve(v[0], vector({1, -2, 0.5}));
       },
       {negative}},
      {"solve, with itself", [](Vars v) { return solve(v[0], v[0] * v[0]); }, {negative}},
      {"determinant, positive", of(&reel::determinant), {positive}},
      {"determinant, negative", of(&reel::determinant), {negative}},
      {"determinant (1,1)", of(&reel::determinant), {one}},
      {"determinant (2,2), scaled",
       [](Vars v) { return v[0] * determinant(v[0]); },
       {matrix({{1, 2}, {0.5, -0.7}})}},
      {"log_determinant, positive", of(&reel::log_determinant), {positive}},
      {"log_determinant, negative", of(&reel::log_determinant), {negative}},
      {"log_determinant (1,1)", of(&reel::log_determinant), {one}},
      {"cholesky", factor, {negative}},
      {"cholesky (1,1)", factor, {one}},
      {"cholesky (5,5)", factor, {Tensor(Real(0.5) * random_tensor({5, 5}, 3))}},
  });
}

TEST_CASE("the gradient of cholesky is symmetric") {
  Tape tape;
  const Var x = tape.variable(positive_definite(6, 1));
  const Var l = cholesky(x);
  for (const bool create_graph : {false, true}) {
    const Tensor g =
        grad(l, x, {.create_graph = create_graph, .seed = random_tensor({6, 6}, 2)}).value();
    CHECK(g == transpose(g));
  }
}

TEST_CASE("third derivatives along a line") {
  // f(A + t·B) at t = 0, M = A⁻¹·B: log det has 2·tr M³, det has 6·det B for (3,3), and A⁻¹ has
  // −6·M³·A⁻¹
  const Tensor b = random_tensor({3, 3}, 5), u = random_tensor({3, 3}, 6);
  const Tensor m = solve(negative, b), cubed = matmul(m, matmul(m, m));
  const auto third = [](const std::function<Var(const Var&)>& f) {
    return grad(grad(grad(f)))(scalar(0)).item();
  };
  const double trace_cubed = cubed(0, 0) + cubed(1, 1) + cubed(2, 2);
  const auto at = [&](const Var& t) { return negative + t * b; };
  // a few rounding errors, amplified by condition numbers below 10
  CHECK(near(third([&](const Var& t) { return log_determinant(at(t)); }), 2 * trace_cubed, 1e-13));
  CHECK(near(third([&](const Var& t) { return determinant(at(t)); }), 6 * item(determinant(b)),
             1e-13));
  const Tensor by_inverse = -6 * u * matmul(cubed, inverse(negative));
  CHECK(near(third([&](const Var& t) { return sum(u * inverse(at(t))); }), item(sum(by_inverse)),
             1e-13));
  const Tensor by_solve = -6 * u * matmul(cubed, solve(negative, u));
  CHECK(near(third([&](const Var& t) { return sum(u * solve(at(t), u)); }), item(sum(by_solve)),
             1e-13));
  // 2·Σ log Lᵢᵢ is log det as well
  const Tensor c = positive_definite(3, 7), d = Real(0.3) * (b + transpose(b));
  const Tensor k = solve(c, d), k_cubed = matmul(k, matmul(k, k));
  CHECK(near(third([&](const Var& t) { return Real(2) * sum(log(diagonal(cholesky(c + t * d)))); }),
             2 * (k_cubed(0, 0) + k_cubed(1, 1) + k_cubed(2, 2)), 1e-13));
}

#endif

}  // namespace reel::inline REEL_PRECISION
