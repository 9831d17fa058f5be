// The rows of matrix products and linear algebra.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// ---- references

Plain transposed(Plain x) {  // the last two axes
  const std::size_t n = x.shape.size();
  Index shape = x.shape;
  std::swap(shape[n - 1], shape[n - 2]);
  return plain(shape, [&](Index i) {
    std::swap(i[n - 1], i[n - 2]);
    return x.at(i);
  });
}

// [M,K]·[K,N] → [M,N], of batches that broadcast
Plain product(const Plain& a, const Plain& b) {
  const std::size_t inner = a.shape.back();
  Index shape =
      broadcast({a.shape.begin(), a.shape.end() - 2}, {b.shape.begin(), b.shape.end() - 2});
  shape.push_back(a.shape[a.shape.size() - 2]);
  shape.push_back(b.shape.back());
  return plain(shape, [&](const Index& i) {
    Index left = i, right = i;
    Exact total = 0;
    for (std::size_t k = 0; k < inner; ++k) {
      left.back() = right[right.size() - 2] = k;
      total += a.at(left) * b.at(right);
    }
    return total;
  });
}

// The same where either may be a vector.
Plain product_of_any(const Plains& x) {
  Plain a = x[0], b = x[1];
  const bool row = a.shape.size() == 1, column = b.shape.size() == 1;
  if (row) a.shape.insert(a.shape.begin(), 1);
  if (column) b.shape.push_back(1);
  Plain y = product(a, b);
  if (column) y.shape.pop_back();
  if (row) y.shape.erase(y.shape.end() - (column ? 1 : 2));
  return y;
}

Plain minor_of(const Plain& x, std::size_t row, std::size_t column) {
  const std::size_t n = x.shape[0] - 1;
  return plain({n, n}, [&](const Index& i) {
    return x.at({i[0] + (i[0] >= row), i[1] + (i[1] >= column)});
  });
}

// By the first row: det x = Σ ± x[0, j]·det(minor).
Exact determinant_of(const Plain& x) {
  if (x.shape[0] == 0) return 1;
  Exact total = 0;
  for (std::size_t j = 0; j < x.shape[0]; ++j)
    total += (j % 2 ? -1 : 1) * x.at({0, j}) * determinant_of(minor_of(x, 0, j));
  return total;
}

// By Cramer's rule: x⁻¹[i, j] = ± det(minor[j, i]) / det x.
Plain inverse_of(const Plain& x) {
  return plain(x.shape, [&](const Index& i) {
    return ((i[0] + i[1]) % 2 ? -1 : 1) * determinant_of(minor_of(x, i[1], i[0])) /
           determinant_of(x);
  });
}

// L[i, j] = (x[i, j] − Σ_{k<j} L[i, k]·L[j, k]) / L[j, j], of the lower triangle of x
Plain cholesky_of(const Plain& x) {
  const std::size_t n = x.shape[0];
  Plain l = plain(x.shape, [](const Index&) { return 0; });
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j <= i; ++j) {
      Exact rest = x.at({i, j});
      for (std::size_t k = 0; k < j; ++k) rest -= l.at({i, k}) * l.at({j, k});
      l.values[i * n + j] = i == j ? std::sqrt(rest) : rest / l.at({j, j});
    }
  return l;
}

// ---- inputs

// Matrices whose diagonal dominates, so that they are far from singular; the determinant is
// negative.
Tensor regular(const Shape& shape, std::size_t input) {
  Tensor t = between(-1, 1)(shape, input);
  if (shape.size() == 2 && shape[0] == shape[1])
    for (std::size_t i = 0; i < shape[0]; ++i) t(i, i) += i == 0 ? Real(-4) : Real(4);
  return t;
}

// Symmetric and positive definite.
Tensor definite(const Shape& shape, std::size_t input) {
  Tensor t = between(-1, 1)(shape, input);
  if (shape.size() == 2 && shape[0] == shape[1])
    for (std::size_t i = 0; i < shape[0]; ++i) {
      t(i, i) += 4;
      for (std::size_t j = 0; j < i; ++j) t(j, i) = t(i, j);
    }
  return t;
}

// ---- rows

Operation matmul_operation() {
  const CheckedFunction f = [](Vars x) { return matmul(x[0], x[1]); };
  Operation row{"matmul", Kind::matrix};
  row.accepts("", f, product_of_any,
              {{{2, 3}, {3, 4}},
               {{3}, {3, 2}},
               {{2, 3}, {3}},
               {{3}, {3}},
               {{1}, {1}},
               {{1, 1}, {1, 1}},
               {{1, 3}, {3, 1}},
               {{3, 1}, {1, 2}},
               {{0}, {0}},
               {{0, 3}, {3, 2}},
               {{2, 0}, {0, 3}},
               {{2, 3}, {3, 0}},
               {{2, 2, 3}, {3, 2}},
               {{2, 3}, {2, 3, 2}},
               {{1, 2, 3}, {2, 3, 2}},
               {{2, 1, 2, 3}, {3, 3, 2}},
               {{2, 3, 2, 2}, {2, 1, 2, 2}},
               {{2, 2, 3}, {3}},
               {{3}, {2, 3, 2}},
               {{0, 2, 3}, {3, 2}}})
      .accepts(
          "with itself", [](Vars x) { return matmul(x[0], x[0]); },
          [](const Plains& x) { return product(x[0], x[0]); }, single({{3, 3}, {2, 2, 2}}))
      .in_pytorch("matmul(x, x)")
      .refuses(f, {{{}, {}}, {{}, {2, 2}}, {{2}, {}}}, "takes vectors, matrices and batches")
      .refuses(f, {{{2, 3}, {2, 3}}, {{2, 2, 3}, {2, 3}}, {{3}, {2}}}, "inner dimensions differ")
      .refuses(f, {{{2, 2, 3}, {3, 3, 2}}}, "shapes (2) and (3) don't broadcast");
  for (const bool ta : {false, true})
    for (const bool tb : {false, true})
      row.accepts(
             std::string(ta ? "aᵀ" : "a") + (tb ? "·bᵀ" : "·b"),
             [=](Vars x) { return matmul(x[0], ta, x[1], tb); },
             [=](const Plains& x) {
               return product(ta ? transposed(x[0]) : x[0], tb ? transposed(x[1]) : x[1]);
             },
             {{ta ? Shape{3, 2} : Shape{2, 3}, tb ? Shape{4, 3} : Shape{3, 4}},
              {ta ? Shape{2, 3, 2} : Shape{2, 2, 3}, tb ? Shape{4, 3} : Shape{3, 4}},
              {ta ? Shape{3, 2} : Shape{2, 3}, tb ? Shape{2, 4, 3} : Shape{2, 3, 4}},
              {ta ? Shape{2, 3, 2} : Shape{2, 2, 3}, tb ? Shape{2, 4, 3} : Shape{2, 3, 4}}})
          .in_pytorch(std::string(ta ? "x.mT" : "x") + (tb ? " @ y.mT" : " @ y"));
  return row;
}

Operation dot_operation() {
  const CheckedFunction f = [](Vars x) { return dot(x[0], x[1]); };
  return Operation{"dot", Kind::matrix}
      .accepts("", f, product_of_any, {{{0}, {0}}, {{1}, {1}}, {{5}, {5}}})
      .accepts(
          "with itself", [](Vars x) { return dot(x[0], x[0]); },
          [](const Plains& x) {
            return product_of_any({x[0], x[0]});
          },
          single({{3}}))
      .in_pytorch("dot(x, x)")
      .refuses(f, {{{}, {}}, {{2}, {3}}, {{2, 3}, {2, 3}}, {{1}, {3}}},
               "takes two vectors of one size");
}

Operation outer_operation() {
  const CheckedFunction f = [](Vars x) { return outer(x[0], x[1]); };
  return Operation{"outer", Kind::matrix}
      .accepts("", f,
               [](const Plains& x) {
                 return plain({x[0].shape[0], x[1].shape[0]},
                              [&](const Index& i) { return x[0].at({i[0]}) * x[1].at({i[1]}); });
               },
               {{{0}, {3}}, {{1}, {1}}, {{1}, {3}}, {{4}, {1}}, {{2}, {3}}, {{2}, {0}}})
      .refuses(f, {{{}, {}}, {{2, 3}, {3}}, {{3}, {1, 3}}}, "takes two vectors");
}

// affine, or a function of each number that comes out of it.
Operation affine_operation(const char* name, Var (*operation)(const Var&, const Var&, const Var&),
                           Exact (*after)(Exact), const std::string& in_pytorch) {
  const CheckedFunction f = [operation](Vars x) { return operation(x[0], x[1], x[2]); };
  const Reference reference = [after](const Plains& x) {
    const Plain y = product(x[0], transposed(x[1]));
    return plain(y.shape, [&](const Index& i) { return after(y.at(i) + x[2].at(i)); });
  };
  return Operation{name, Kind::matrix}
      .accepts("", f, reference,
               {{{4, 3}, {2, 3}, {2}},
                {{1, 1}, {1, 1}, {1}},
                {{1, 4}, {3, 4}, {3}},
                {{4, 3}, {1, 3}, {1}},
                {{0, 3}, {2, 3}, {2}},
                {{2, 0}, {3, 0}, {3}},
                {{2, 3}, {0, 3}, {0}}})
      .in_pytorch(in_pytorch)
      .accepts(
          "a value with itself", [operation](Vars x) { return operation(x[0], x[0], x[1]); },
          [reference](const Plains& x) {
            return reference({x[0], x[0], x[1]});
          },
          {{{3, 3}, {3}}})
      .in_pytorch("(lambda x, y, z: " + in_pytorch + ")(x, x, y)")
      .refuses(f,
               {{{}, {2, 3}, {2}},
                {{3}, {2, 3}, {2}},
                {{4, 3}, {3, 2}, {2}},
                {{4, 3}, {2, 3}, {3}},
                {{4, 3}, {2, 3}, {}},
                {{4, 3}, {2, 3}, {1, 2}},
                {{2, 4, 3}, {2, 3}, {2}}},
               "takes x (batch,in), W (out,in) and b (out)");
}

// The shapes that an operation of one matrix accepts, and its message for others.
struct Accepted {
  Domain domain;
  std::vector<Shape> shapes, others;
  std::string error;
};

const Accepted& any_matrix() {
  static const Accepted accepted{between(-2, 2),
                                 {{1, 1}, {3, 3}, {2, 4}, {4, 2}, {0, 3}, {3, 0}, {0, 0}},
                                 {{}, {0}, {1}, {3}, {2, 2, 2}},
                                 "takes a matrix"};
  return accepted;
}

const Accepted& square_matrix() {
  static const Accepted accepted{regular,
                                 {{1, 1}, {2, 2}, {3, 3}, {0, 0}},
                                 {{}, {0}, {1}, {3}, {2, 3}, {0, 3}, {2, 2, 2}},
                                 "takes a square matrix"};
  return accepted;
}

Operation of_matrix(const char* name, const Accepted& accepted, Var (*f)(const Var&),
                    Plain (*reference)(const Plain&)) {
  const CheckedFunction apply = [f](Vars x) { return f(x[0]); };
  return Operation{name, Kind::matrix, accepted.domain}
      .accepts(
          "", apply, [reference](const Plains& x) { return reference(x[0]); },
          single(accepted.shapes))
      .refuses(apply, single(accepted.others), accepted.error);
}

Plain diagonal_of(const Plain& x) {
  const std::size_t n = std::min(x.shape[0], x.shape[1]);
  return plain({n}, [&](const Index& i) { return x.at({i[0], i[0]}); });
}

Plain trace_of(const Plain& x) {
  Exact total = 0;
  for (const Exact v : diagonal_of(x).values) total += v;
  return plain(total);
}

const char* const singular = "the matrix (2,2) is singular";

Tensor all_ones(const Shape& shape, std::size_t) { return full(shape, 1); }

// With 0 on the diagonal, so that rows are exchanged.
Tensor pivoted() { return matrix({{0, 2, 1}, {3, 0, -1}, {1, 1, 0.25}}); }

Operation solve_operation() {
  const CheckedFunction f = [](Vars x) { return solve(x[0], x[1]); };
  const Reference reference = [](const Plains& x) {
    return product_of_any({inverse_of(x[0]), x[1]});
  };
  return Operation{"solve", Kind::matrix, regular}
      .accepts("", f, reference,
               {{{1, 1}, {1}},
                {{1, 1}, {1, 1}},
                {{3, 3}, {3}},
                {{3, 3}, {3, 2}},
                {{0, 0}, {0}},
                {{0, 0}, {0, 2}},
                {{2, 2}, {2, 0}}})
      .at("rows exchanged", {pivoted(), vector({-1.5, 0.25, 1.375})})
      .accepts(
          "with itself", [](Vars x) { return solve(x[0], x[0]); },
          [reference](const Plains& x) {
            return reference({x[0], x[0]});
          },
          single({{2, 2}}))
      .in_pytorch("solve(x, x)")
      .refuses(f, {{{}, {}}, {{1}, {1}}, {{3}, {3}}, {{2, 3}, {2}}, {{2, 2, 2}, {2, 2}}},
               "takes a square matrix")
      .refuses(f, {{{2, 2}, {}}, {{2, 2}, {3}}, {{2, 2}, {2, 2, 2}}},
               "takes A (n,n) and b (n) or (n,m)")
      .over(all_ones)
      .refuses(f, {{{2, 2}, {2}}}, singular);
}

// The gradient is symmetric, unlike the numerical one by one element of a symmetric matrix; so it
// is compared behind ½(x + xᵀ).
Operation cholesky_operation() {
  const CheckedFunction f = [](Vars x) { return cholesky(x[0]); };
  const Reference reference = [](const Plains& x) { return cholesky_of(x[0]); };
  return Operation{"cholesky", Kind::matrix, definite}
      .accepts("", f, reference, single({{1, 1}, {2, 2}, {3, 3}, {0, 0}}), 0)
      .at("of 1", {definite({1, 1}, 0)})
      .at("of 3", {definite({3, 3}, 0)})
      .at("of 5", {definite({5, 5}, 0)})
      .at("upper triangle not read", {matrix({{4, 9, -9}, {1, 3, 9}, {-1, 0.5, 2}})})
      .accepts(
          "of the symmetric part",
          [](Vars x) { return cholesky(Real(0.5) * (x[0] + transpose(x[0]))); }, reference,
          single({{1, 1}, {2, 2}, {3, 3}}))
      .in_pytorch("cholesky((x + x.T) / 2)")
      .refuses(f, single(square_matrix().others), square_matrix().error)
      .over(regular)
      .refuses(f, single({{2, 2}}), "the matrix (2,2) is not positive definite");
}

}  // namespace

std::vector<Operation> matrix_operations() {
  const auto of_square_matrix = [](const char* name, Var (*f)(const Var&),
                                   Plain (*reference)(const Plain&)) {
    return of_matrix(name, square_matrix(), f, reference)
        .at("of 5", {regular({5, 5}, 0)})
        .at("rows exchanged", {pivoted()});
  };
  const auto refusing_singular = [=](const char* name, Var (*f)(const Var&),
                                     Plain (*reference)(const Plain&)) {
    return of_square_matrix(name, f, reference)
        .over(all_ones)
        .refuses([f](Vars x) { return f(x[0]); }, single({{2, 2}}), singular);
  };
  return {
      matmul_operation(),
      dot_operation(),
      outer_operation(),
      affine_operation(
          "affine", affine, [](Exact x) { return x; }, "linear(x, y, z)"),
      affine_operation(
          "affine_relu", affine_relu, [](Exact x) { return std::max<Exact>(0, x); },
          "relu(linear(x, y, z))"),
      of_matrix("diagonal", any_matrix(), diagonal, diagonal_of),
      of_matrix("trace", any_matrix(), trace, trace_of),
      refusing_singular("inverse", inverse, inverse_of),
      solve_operation(),
      of_square_matrix("determinant", determinant,
                       [](const Plain& x) { return plain(determinant_of(x)); }),
      refusing_singular("log_determinant", log_determinant,
                        [](const Plain& x) { return plain(std::log(std::abs(determinant_of(x)))); })
          .at("small", {matrix({{-1.5e-200, 0.25e-200}, {0.75e-200, 1.375e-200}})}, once)
          .at("large", {matrix({{-1.5e200, 0.25e200}, {0.75e200, 1.375e200}})}, once),
      cholesky_operation(),
  };
}

}  // namespace reel::inline REEL_PRECISION
