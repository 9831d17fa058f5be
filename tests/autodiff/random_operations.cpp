// The table of random operations.
#include "random_operations.h"

#include <cmath>
#include <limits>
#include <optional>

#include <reel/autodiff/tensor/linear_algebra.h>

namespace reel::inline REEL_PRECISION {
namespace random_programs {
namespace {

bool away_from(const Tensor& x, double kink) {
  return std::none_of(x.begin(), x.end(), [=](Real v) { return std::abs(v - kink) < margin; });
}

bool away_from_integers(const Tensor& x, double offset) {
  return std::none_of(x.begin(), x.end(), [=](Real v) {
    return std::abs(v - offset - std::rint(v - offset)) < margin;
  });
}

// All elements differ, so that every maximum or minimum is reached only once.
bool distinct(const Tensor& x) {
  std::vector<Real> sorted(x.begin(), x.end());
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end(),
                            [](Real a, Real b) { return b - a < margin; }) == sorted.end();
}

bool fit(const Shape& a, const Shape& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const std::size_t m = a[a.size() - 1 - i], n = b[b.size() - 1 - i];
    if (m != n && m != 1 && n != 1) return false;
  }
  return true;
}

using Unary = Var (*)(const Var&);
using Binary = Var (*)(const Var&, const Var&);

void add_unary(std::vector<Operation>& all, const char* name, Unary f, double low = -largest,
               double high = largest, const std::vector<double>& kinks = {}) {
  all.push_back({name, [=](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   for (const double kink : kinks)
                     if (!away_from(x, kink)) return {};
                   if (!within(x, low, high)) return {};
                   return [f](Vars v) { return f(v[0]); };
                 }});
}

void add_unaries(std::vector<Operation>& all) {
  add_unary(all, "negate", &reel::negate);
  add_unary(all, "exp", &reel::exp, -5, 2);
  add_unary(all, "exp2", &reel::exp2, -5, 3);
  add_unary(all, "expm1", &reel::expm1, -5, 2);
  add_unary(all, "log", &reel::log, 0.2);
  add_unary(all, "log2", &reel::log2, 0.2);
  add_unary(all, "log10", &reel::log10, 0.2);
  add_unary(all, "log1p", &reel::log1p, -0.8);
  add_unary(all, "sqrt", &reel::sqrt, 0.1);
  add_unary(all, "cbrt", &reel::cbrt, 0.1);
  add_unary(all, "square", &reel::square, -5, 5);
  add_unary(all, "reciprocal", &reel::reciprocal, 0.2);
  add_unary(all, "reciprocal", &reel::reciprocal, -largest, -0.2);
  add_unary(all, "abs", &reel::abs, -largest, largest, {0});
  add_unary(all, "erf", &reel::erf, -4, 4);
  add_unary(all, "erfc", &reel::erfc, -4, 4);
  add_unary(all, "sin", &reel::sin, -20, 20);
  add_unary(all, "cos", &reel::cos, -20, 20);
  add_unary(all, "tan", &reel::tan, -1.2, 1.2);
  add_unary(all, "asin", &reel::asin, -0.9, 0.9);
  add_unary(all, "acos", &reel::acos, -0.9, 0.9);
  add_unary(all, "atan", &reel::atan);
  add_unary(all, "sinh", &reel::sinh, -3, 3);
  add_unary(all, "cosh", &reel::cosh, -3, 3);
  add_unary(all, "tanh", &reel::tanh, -5, 5);
  add_unary(all, "asinh", &reel::asinh);
  add_unary(all, "acosh", &reel::acosh, 1.2);
  add_unary(all, "atanh", &reel::atanh, -0.9, 0.9);
  add_unary(all, "lgamma", &reel::lgamma, 0.3, 30);
  add_unary(all, "tgamma", &reel::tgamma, 0.3, 4);
  add_unary(all, "digamma", &reel::digamma, 0.3, 30);
  add_unary(
      all, "polygamma", [](const Var& x) { return polygamma(1, x); }, 0.5, 30);
  add_unary(all, "sigmoid", &reel::sigmoid, -10, 10);
  add_unary(all, "log_sigmoid", &reel::log_sigmoid, -10, 10);
  add_unary(all, "softplus", &reel::softplus, -10, 10);
  add_unary(all, "relu", &reel::relu, -largest, largest, {0});
  add_unary(all, "leaky_relu", [](const Var& x) { return leaky_relu(x, Real(0.1)); }, -largest,
            largest, {0});
  add_unary(all, "elu", [](const Var& x) { return elu(x, Real(0.7)); }, -5, largest, {0});
  add_unary(all, "selu", &reel::selu, -5, largest, {0});
  add_unary(all, "gelu", &reel::gelu, -5, 5);
  add_unary(all, "gelu_tanh", &reel::gelu_tanh, -5, 5);
  add_unary(all, "silu", &reel::silu, -10, 10);
  add_unary(all, "mish", &reel::mish, -10, 10);
  add_unary(all, "softsign", &reel::softsign, -largest, largest, {0});
  add_unary(all, "hard_tanh", &reel::hard_tanh, -largest, largest, {-1, 1});
  add_unary(all, "hard_sigmoid", &reel::hard_sigmoid, -largest, largest, {-3, 3});
  add_unary(all, "hard_swish", &reel::hard_swish, -largest, largest, {-3, 3});
  add_unary(all, "sign", &reel::sign, -largest, largest, {0});
  add_unary(all, "flatten", &reel::flatten);
  add_unary(all, "transpose", [](const Var& x) { return transpose(x); });
  add_unary(all, "squeeze", [](const Var& x) { return squeeze(x); });
  for (const auto& [name, f] :
       std::vector<std::pair<const char*, Unary>>{{"floor", &reel::floor},
                                                  {"ceil", &reel::ceil},
                                                  {"trunc", &reel::trunc},
                                                  {"round", &reel::round}}) {
    const double jump = std::string(name) == "round" ? 0.5 : 0;
    all.push_back({name, [f = f, jump](Draw& draw) -> Function {
                     if (!away_from_integers(draw.operand(), jump)) return {};
                     return [f](Vars v) { return f(v[0]); };
                   }});
  }
}

// Elementwise operations with two operands; `suits` gets both, broadcast to the same shape.
void add_binary(std::vector<Operation>& all, const char* name, Binary f,
                const std::function<bool(const Tensor&, const Tensor&)>& suits) {
  all.push_back({name, [=](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (!fit(a.shape(), b.shape())) return {};
                   const Shape shape = broadcast_shape(a.shape(), b.shape(), "test");
                   if (!suits(reel::broadcast_to(a, shape), reel::broadcast_to(b, shape)))
                     return {};
                   return [f](Vars v) { return f(v[0], v[1]); };
                 }});
}

void add_binaries(std::vector<Operation>& all) {
  const auto small = [](const Tensor& a, const Tensor& b) {
    return within(a, -10, 10) && within(b, -10, 10);
  };
  const auto apart = [](const Tensor& a, const Tensor& b) { return away_from(a - b, 0); };
  const auto away_from_origin = [](const Tensor& a, const Tensor& b) {
    return within(a * a + b * b, 0.1, largest);
  };
  add_binary(all, "add", &reel::add, small);
  add_binary(all, "subtract", &reel::subtract, small);
  add_binary(all, "multiply", &reel::multiply, small);
  add_binary(all, "divide", &reel::divide, [](const Tensor& a, const Tensor& b) {
    return within(a, -10, 10) && within(b * b, 0.1, largest);
  });
  add_binary(all, "pow", &reel::pow, [](const Tensor& a, const Tensor& b) {
    return within(a, 0.2, 3) && within(b, -2, 3);
  });
  add_binary(all, "hypot", &reel::hypot, away_from_origin);
  add_binary(all, "atan2", &reel::atan2, [=](const Tensor& y, const Tensor& x) {
    return away_from_origin(y, x) && (within(x, margin, largest) || away_from(y, 0));
  });
  add_binary(
      all, "maximum", [](const Var& a, const Var& b) { return maximum(a, b); }, apart);
  add_binary(
      all, "minimum", [](const Var& a, const Var& b) { return minimum(a, b); }, apart);
  all.push_back({"where", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (!fit(a.shape(), b.shape())) return {};
                   Tensor chosen = draw.tensor(draw.coin() ? a.shape() : b.shape(), 0, 2);
                   for (Real& c : chosen.storage()) c = std::floor(c);
                   return [chosen](Vars v) { return where(chosen, v[0], v[1]); };
                 }});
  all.push_back({"clip", [](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   const Real low = draw.number(-2, 0), high = draw.number(0, 2);
                   if (!away_from(x, low) || !away_from(x, high)) return {};
                   return [=](Vars v) { return clip(v[0], low, high); };
                 }});
}

// ---- reductions

using Reduce = Var (*)(const Var&, const Axes&, bool);
using Suits = bool (*)(const Tensor&);

void add_reduction(std::vector<Operation>& all, const char* name, Reduce f, Suits suits) {
  all.push_back({name, [=](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   if (x.size() == 0 || !suits(x)) return {};
                   const Axes axes = draw.axes(x);
                   const bool keep = draw.coin();
                   return [=](Vars v) { return f(v[0], axes, keep); };
                 }});
}

// The variance and its root, if every lane has at least two elements and they are not nearly equal.
bool spread_out(const Tensor& x, const Axes& axes) {
  const Shape kept = reduced_shape(x.shape(), axes, true, "test");
  return 2 * element_count(kept) <= x.size() &&
         within(reel::variance(Var(x), axes, true, 0).value(), 0.05, largest);
}

void add_reductions(std::vector<Operation>& all) {
  const auto any = [](const Tensor&) { return true; };
  const auto moderate = [](const Tensor& x) { return within(x, -10, 10); };
  add_reduction(all, "sum", &reel::sum, moderate);
  add_reduction(all, "mean", &reel::mean, any);
  add_reduction(all, "product", &reel::product,
                [](const Tensor& x) { return within(x, -2, 2) && x.size() <= 6; });
  add_reduction(all, "max", &reel::max, &distinct);
  add_reduction(all, "min", &reel::min, &distinct);
  add_reduction(all, "norm", &reel::norm,
                [](const Tensor& x) { return within(xt::abs(x), 0.1, 10); });
  add_reduction(all, "logsumexp", &reel::logsumexp, moderate);
  for (const bool root : {false, true})
    all.push_back({root ? "standard_deviation" : "variance", [root](Draw& draw) -> Function {
                     const Tensor& x = draw.operand();
                     const Axes axes = draw.axes(x);
                     const bool keep = draw.coin();
                     const Real correction = draw.coin();
                     if (!within(x, -8, 8) || !spread_out(x, axes)) return {};
                     return [=](Vars v) {
                       return root ? standard_deviation(v[0], axes, keep, correction)
                                   : variance(v[0], axes, keep, correction);
                     };
                   }});
  using AlongAxis = Var (*)(const Var&, int);
  for (const auto& [name, f] : std::vector<std::pair<const char*, AlongAxis>>{
           {"softmax", [](const Var&x, int axis) { return softmax(x, axis); }},
           {"log_softmax", [](const Var&x, int axis) { return log_softmax(x, axis); }},
           {"cumulative_sum", [](const Var&x, int axis) { return cumulative_sum(x, axis); }},
           {"cumulative_sum", [](const Var&x, int axis) { return cumulative_sum(x, axis, true); }}})
    all.push_back({name, [f = f](Draw& draw) -> Function {
                     const Tensor& x = draw.operand();
                     if (x.dimension() == 0 || !within(x, -8, 8)) return {};
                     const int axis = draw.axis(x);
                     return [=](Vars v) { return f(v[0], axis); };
                   }});
  all.push_back({"maxout", [](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   if (x.dimension() != 2 || !distinct(x)) return {};
                   const std::size_t columns = x.shape()[1], pieces = 1 + draw.below(columns);
                   if (columns % pieces != 0) return {};
                   return [=](Vars v) { return maxout(v[0], pieces); };
                 }});
}

// ---- shapes and parts

// A shape that x broadcasts to: axes of size 1 are stretched, and perhaps a new axis comes first.
Shape stretched(const Tensor& x, Draw& draw) {
  Shape shape = x.shape();
  for (std::size_t& n : shape)
    if (n == 1 && draw.coin()) n = 2 + draw.below(2);
  if (draw.coin()) shape.insert(shape.begin(), 2);
  return shape;
}

// A shape that x can be summed to.
Shape shrunk(const Tensor& x, Draw& draw) {
  Shape shape = x.shape();
  for (std::size_t& n : shape)
    if (draw.coin()) n = 1;
  if (!shape.empty() && draw.coin()) shape.erase(shape.begin());
  return shape;
}

void add_shapes(std::vector<Operation>& all) {
  all.push_back({"reshape", [](Draw& draw) -> Function {
                   const std::size_t n = draw.operand().size(), rows = 1 + draw.below(4);
                   if (n % rows != 0) return {};
                   const Shape shape = draw.coin() ? Shape{rows, n / rows} : Shape{n / rows, rows};
                   return [=](Vars v) { return reshape(v[0], shape); };
                 }});
  all.push_back({"transpose", [](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   Shape order(x.dimension());
                   for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
                   for (std::size_t i = order.size(); i > 1; --i)
                     std::swap(order[i - 1], order[draw.below(i)]);
                   return [=](Vars v) { return transpose(v[0], order); };
                 }});
  all.push_back({"broadcast_to", [](Draw& draw) -> Function {
                   const Shape shape = stretched(draw.operand(), draw);
                   return [=](Vars v) { return broadcast_to(v[0], shape); };
                 }});
  all.push_back({"sum_to", [](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   if (!within(x, -10, 10)) return {};
                   const Shape shape = shrunk(x, draw);
                   return [=](Vars v) { return sum_to(v[0], shape); };
                 }});
  all.push_back({"expand_dims", [](Draw& draw) -> Function {
                   const std::size_t n = draw.operand().dimension();
                   if (n > 2) return {};
                   const int axis = static_cast<int>(draw.below(n + 1)) - (draw.coin() ? 1 : 0);
                   return [=](Vars v) { return expand_dims(v[0], axis); };
                 }});
}

bool joinable(const Tensor& a, const Tensor& b, int axis) {
  if (a.dimension() != b.dimension()) return false;
  const auto joined = static_cast<std::size_t>(axis < 0 ? axis + int(a.dimension()) : axis);
  for (std::size_t i = 0; i < a.dimension(); ++i)
    if (i != joined && a.shape()[i] != b.shape()[i]) return false;
  return true;
}

void add_parts(std::vector<Operation>& all) {
  all.push_back({"concatenate", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.dimension() == 0) return {};
                   const int axis = draw.axis(a);
                   if (!joinable(a, b, axis)) return {};
                   if (draw.coin()) return [=](Vars v) { return concatenate(v, axis); };
                   return [=](Vars v) { return concatenate({v[1], v[0], v[1]}, axis); };
                 }});
  all.push_back({"stack", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.shape() != b.shape() || a.dimension() > 2) return {};
                   const int axis = static_cast<int>(draw.below(a.dimension() + 1)) - draw.coin();
                   return [=](Vars v) { return stack(v, axis); };
                 }});
  // operations along an axis of n elements
  using AlongAxis = Function (*)(Draw & draw, int axis, std::size_t n);
  for (const auto& [name, f] : std::vector<
           std::pair<const char*, AlongAxis>>{{"slice",
                                               [](Draw&draw, int axis, std::size_t n) -> Function {
                                                 const std::size_t begin = draw.below(n),
                                                                   end = begin + 1 +
                                                                         draw.below(n - begin),
                                                                   step = 1 + draw.below(2);
                                                 return [=](Vars v) {
                                                   return slice(v[0], axis, begin, end, step);
                                                 };
                                               }},
                                              {"embed",
                                               [](Draw&draw, int axis, std::size_t n) -> Function {
                                                 const std::size_t begin = draw.below(2),
                                                                   step = 1 + draw.below(2),
                                                                   size = begin + (n - 1) * step +
                                                                          1 + draw.below(2);
                                                 return [=](Vars v) {
                                                   return embed(v[0], axis, size, begin, step);
                                                 };
                                               }},
                                              {"take",
                                               [](Draw&draw, int axis, std::size_t n) -> Function {
                                                 const auto indices =
                                                     draw.indices(1 + draw.below(4), n);
                                                 return [=](Vars v) {
                                                   return take(v[0], indices, axis);
                                                 };
                                               }},
                                              {"scatter_add",
                                               [](Draw&draw, int axis, std::size_t n) -> Function {
                                                 const std::size_t size = 1 + draw.below(4);
                                                 const auto indices = draw.indices(n, size);
                                                 return [=](Vars v) {
                                                   return scatter_add(v[0], indices, size, axis);
                                                 };
                                               }},
                                              {"repeat",
                                               [](Draw&draw, int axis, std::size_t) -> Function {
                                                 const std::size_t count = 1 + draw.below(3);
                                                 return [=](Vars v) {
                                                   return repeat(v[0], count, axis);
                                                 };
                                               }}})
    all.push_back({name, [f = f](Draw& draw) -> Function {
                     const Tensor& x = draw.operand();
                     if (x.dimension() == 0) return {};
                     const int axis = draw.axis(x);
                     return f(draw, axis, lanes(x.shape(), axis, "test").n);
                   }});
}

// ---- products and linear algebra

void add_products(std::vector<Operation>& all) {
  all.push_back({"matmul", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.dimension() == 0 || b.dimension() == 0 || b.dimension() > 2) return {};
                   if (a.shape().back() != b.shape()[0]) return {};
                   return [](Vars v) { return matmul(v[0], v[1]); };
                 }});
  all.push_back({"matmul", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.dimension() != 2 || b.dimension() != 2) return {};
                   const bool ta = draw.coin(), tb = draw.coin();
                   if (a.shape()[!ta] != b.shape()[tb]) return {};
                   return [=](Vars v) { return matmul(v[0], ta, v[1], tb); };
                 }});
  all.push_back({"dot", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.dimension() != 1 || a.shape() != b.shape()) return {};
                   return [](Vars v) { return dot(v[0], v[1]); };
                 }});
  all.push_back({"outer", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (a.dimension() != 1 || b.dimension() != 1) return {};
                   return [](Vars v) { return outer(v[0], v[1]); };
                 }});
  for (const bool with_relu : {false, true})
    all.push_back({with_relu ? "affine_relu" : "affine", [with_relu](Draw& draw) -> Function {
                     const auto [x, w] = draw.two();
                     const Tensor& b = draw.operand();
                     if (x.dimension() != 2 || w.dimension() != 2 || b.dimension() != 1) return {};
                     if (x.shape()[1] != w.shape()[1] || b.size() != w.shape()[0]) return {};
                     if (!with_relu) return [](Vars v) { return affine(v[0], v[1], v[2]); };
                     if (!away_from(affine(Var(x), Var(w), Var(b)).value(), 0)) return {};
                     return [](Vars v) { return affine_relu(v[0], v[1], v[2]); };
                   }});
}

bool is_square(const Tensor& x) {
  return x.dimension() == 2 && x.shape()[0] == x.shape()[1] && within(x, -5, 5);
}

bool is_regular(const Tensor& x) { return is_square(x) && std::abs(item(determinant(x))) > 0.3; }

// x·xᵀ + 1
Var positive_definite(const Var& x) {
  const std::size_t n = x.shape()[0];
  Tensor one = zeros({n, n});
  for (std::size_t i = 0; i < n; ++i) one(i, i) = 1;
  return matmul(x, false, x, true) + one;
}

void add_linear_algebra(std::vector<Operation>& all) {
  const auto of_matrix = [&](const char* name, Unary f, Suits suits) {
    all.push_back({name, [=](Draw& draw) -> Function {
                     if (!suits(draw.operand())) return {};
                     return [f](Vars v) { return f(v[0]); };
                   }});
  };
  const auto is_matrix = [](const Tensor& x) { return x.dimension() == 2; };
  of_matrix("diagonal", &reel::diagonal, is_matrix);
  of_matrix("trace", &reel::trace, is_matrix);
  of_matrix("inverse", &reel::inverse, &is_regular);
  of_matrix("determinant", &reel::determinant, &is_regular);
  of_matrix("log_determinant", &reel::log_determinant, &is_regular);
  of_matrix(
      "cholesky", [](const Var& x) { return cholesky(positive_definite(x)); }, &is_square);
  all.push_back({"solve", [](Draw& draw) -> Function {
                   const auto [a, b] = draw.two();
                   if (!is_regular(a) || b.dimension() == 0 || b.dimension() > 2) return {};
                   if (b.shape()[0] != a.shape()[0]) return {};
                   return [](Vars v) { return solve(v[0], v[1]); };
                 }});
}

// ---- losses

void add_losses(std::vector<Operation>& all) {
  const auto reduction = [](Draw& draw) { return draw.coin() ? Reduction::mean : Reduction::sum; };
  for (const bool of_logits : {false, true})
    all.push_back({of_logits ? "softmax_cross_entropy" : "negative_log_likelihood",
                   [=](Draw& draw) -> Function {
                     const Tensor& x = draw.operand();
                     if (x.dimension() != 2 || !within(x, -8, 8)) return {};
                     const std::size_t classes = x.shape()[1];
                     const Labels labels = draw.labels(x.shape()[0], classes);
                     CrossEntropyOptions options{.reduction = reduction(draw)};
                     if (draw.coin()) options.label_smoothing = draw.number(0, 0.5);
                     if (draw.coin()) options.class_weights = draw.tensor({classes}, 0.5, 2);
                     return [=](Vars v) {
                       return of_logits ? softmax_cross_entropy(v[0], labels, options)
                                        : negative_log_likelihood(v[0], labels, options);
                     };
                   }});
  all.push_back({"binary_cross_entropy", [=](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   if (!within(x, -8, 8)) return {};
                   const Tensor target = draw.tensor(x.shape(), 0, 1);
                   const Reduction r = reduction(draw);
                   return [=](Vars v) { return binary_cross_entropy(v[0], target, r); };
                 }});
  all.push_back({"hinge", [=](Draw& draw) -> Function {
                   const Tensor& x = draw.operand();
                   Tensor target = draw.tensor(x.shape(), -1, 1);
                   for (Real& t : target.storage()) t = std::copysign(Real(1), t);
                   if (!within(x, -5, 5) || !away_from(x * target, 1)) return {};
                   const Reduction r = reduction(draw);
                   return [=](Vars v) { return hinge(v[0], target, r); };
                 }});
  all.push_back({"kl_divergence", [=](Draw& draw) -> Function {
                   const auto [p, t] = draw.two();
                   if (p.shape() != t.shape() || p.dimension() == 0) return {};
                   if (!within(p, -5, 5) || !within(t, 0.1, 5)) return {};
                   const Reduction r = reduction(draw);
                   return [=](Vars v) { return kl_divergence(v[0], v[1], r); };
                 }});
  using Loss = Var (*)(const Var&, const Var&, Reduction);
  for (const auto& [name, f] : std::vector<std::pair<const char*, Loss>>{
           {"squared_error", &reel::squared_error},
           {"absolute_error", &reel::absolute_error},
           {"huber",
            [](const Var&p, const Var&t, Reduction r) { return huber(p, t, Real(1.5), r); }}}) {
    const double kink = std::string(name) == "huber" ? 1.5 : 0;
    all.push_back({name, [=, f = f](Draw& draw) -> Function {
                     const auto [p, t] = draw.two();
                     if (p.shape() != t.shape() || !within(p, -4, 4) || !within(t, -4, 4))
                       return {};
                     if (!away_from(xt::abs(p - t), kink)) return {};
                     const Reduction r = reduction(draw);
                     return [=](Vars v) { return f(v[0], v[1], r); };
                   }});
  }
}

// All operations by family, so that most programs do not consist of elementwise functions; these
// are drawn twice as often as any other family.

}  // namespace

const std::vector<std::vector<Operation>>& families() {
  static const std::vector<std::vector<Operation>> table = [] {
    std::vector<std::vector<Operation>> all;
    for (const auto add : {&add_unaries, &add_unaries, &add_binaries, &add_reductions, &add_shapes,
                           &add_parts, &add_products, &add_linear_algebra, &add_losses})
      add(all.emplace_back());
    return all;
  }();
  return table;
}

}  // namespace random_programs
}  // namespace reel::inline REEL_PRECISION
