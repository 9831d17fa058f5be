// The rows of the reductions, and of what works along an axis.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// ---- references: of the elements that share a result

Exact sum_of(const Lane& x) {
  Exact total = 0;
  for (const Exact v : x) total += v;
  return total;
}

Exact mean_of(const Lane& x) { return sum_of(x) / Exact(x.size()); }

Exact product_of(const Lane& x) {
  Exact total = 1;
  for (const Exact v : x) total *= v;
  return total;
}

Exact max_of(const Lane& x) {
  Exact best = x[0];
  for (const Exact v : x) best = best > v || best != best ? best : v;
  return best;
}

Exact min_of(const Lane& x) {
  Exact best = x[0];
  for (const Exact v : x) best = best < v || best != best ? best : v;
  return best;
}

Exact squares_of(const Lane& x) {
  Exact total = 0;
  for (const Exact v : x) total += v * v;
  return total;
}

Exact variance_of(Lane x, Exact correction) {
  const Exact mean = mean_of(x);
  for (Exact& v : x) v -= mean;
  return squares_of(x) / (Exact(x.size()) - correction);
}

Exact exponentials_of(const Lane& x) {  // finite up to x = 11356
  Exact total = 0;
  for (const Exact v : x) total += std::exp(v);
  return total;
}

// ---- reductions

using Reduce = Var (*)(const Var&, const Axes&, bool);
using Fold = Exact (*)(const Lane&);

Axes axes_of(const std::vector<int>& axes) {
  if (axes.empty()) return {};
  return axes.size() == 1 ? Axes{axes[0]} : Axes{axes[0], axes[1]};
}

struct ReductionCall {
  Shape shape;
  std::vector<int> axes;
  std::size_t lane;  // how many elements share a result
};

// The same in Python: name(x, axes, whether they are kept …), with all axes named.
std::string call_in_python(const std::string& name, const Shape& shape,
                           const std::vector<int>& axes, bool keep,
                           const std::string& further = "") {
  std::string named;
  for (std::size_t k = 0; axes.empty() && k < shape.size(); ++k) named += std::to_string(k) + ",";
  for (const int axis : axes) named += std::to_string(axis) + ",";
  return concat(name, "(x, (", named, "), ", keep ? "True" : "False", further, ")");
}

std::vector<ReductionCall> reduction_calls() {
  return {{{}, {}, 1},          {{0}, {}, 0},       {{1}, {}, 1},           {{1}, {0}, 1},
          {{5}, {}, 5},         {{5}, {-1}, 5},     {{2, 3}, {}, 6},        {{2, 3}, {0}, 2},
          {{2, 3}, {1}, 3},     {{2, 3}, {-1}, 3},  {{2, 3, 2}, {0, 2}, 4}, {{2, 3, 2}, {2, 1}, 6},
          {{2, 3, 2}, {-2}, 3}, {{1, 3}, {0}, 1},   {{0, 3}, {0}, 0},       {{0, 3}, {1}, 3},
          {{0, 3}, {}, 0},      {{2, 37}, {1}, 37}, {{19, 2}, {0}, 19}};
}

// A result needs `least` elements; with fewer, the error is "shape … `lacks`".
Operation reduction(const std::string& name, Reduce f, Fold fold, std::size_t least = 0,
                    const std::string& lacks = "", const Domain& domain = between(-2, 2)) {
  Operation row{name, Kind::reduction, domain};
  for (const ReductionCall& c : reduction_calls())
    for (const bool keep : {false, true}) {
      const auto apply = [f, keep, axes = axes_of(c.axes)](Vars x) { return f(x[0], axes, keep); };
      const Reference reference = [=, axes = c.axes](const Plains& x) {
        return folded(x[0], axes, keep, fold);
      };
      std::string what = keep ? "kept" : "dropped";
      for (const int axis : c.axes) what += " " + std::to_string(axis);
      if (c.lane < least)
        row.refuses(apply, {{c.shape}}, "shape " + to_string(c.shape) + lacks);
      else
        row.accepts(what + " of", apply, reference, {{c.shape}})
            .in_pytorch(call_in_python(name, c.shape, c.axes, keep));
    }
  const auto along = [f](const Axes& axes) {
    return [f, axes](Vars x) { return f(x[0], axes, false); };
  };
  row.refuses(along(0), single({{}}), "axis 0 is out of range for shape ()");
  row.refuses(along(-3), single({{2, 3}}), "axis -3 is out of range for shape (2,3)");
  row.refuses(along({0, -2}), single({{2, 3}}), "axis -2 is named twice");
  return row;
}

// A point of a reduction: its axes are dropped, and none are all.
struct ReductionPoint {
  std::string what;
  std::vector<int> axes;
  Tensor x;
  int order = 2;
};

Operation with_points(Operation row, Reduce f, Fold fold,
                      const std::vector<ReductionPoint>& points) {
  for (const ReductionPoint& p : points)
    row.accepts(
           "", [f, axes = axes_of(p.axes)](Vars x) { return f(x[0], axes, false); },
           [=, axes = p.axes](const Plains& x) { return folded(x[0], axes, false, fold); }, {})
        .in_pytorch(call_in_python(row.name, p.x.shape(), p.axes, false))
        .at(p.what, {p.x}, p.order);
  return row;
}

template <Var (*f)(const Var&, const Axes&, bool, Real)>
Var unbiased(const Var& x, const Axes& axes, bool keep_dims) {
  return f(x, axes, keep_dims, 1);
}

// Of n elements, by n − correction.
template <Var (*f)(const Var&, const Axes&, bool, Real)>
Operation with_corrections(Operation row, Exact (*of_variance)(Exact)) {
  const auto accept = [&](const std::string& what, Real correction, const std::vector<int>& axes,
                          bool keep, const std::vector<Shape>& shapes) {
    for (const Shape& shape : shapes)
      row.accepts(
             what + " of",
             [=, axes = axes_of(axes)](Vars x) { return f(x[0], axes, keep, correction); },
             [=](const Plains& x) {
               return folded(x[0], axes, keep, [&](const Lane& lane) {
                 return of_variance(variance_of(lane, correction));
               });
             },
             {{shape}})
          .in_pytorch(call_in_python(row.name, shape, axes, keep, concat(", ", correction)));
  };
  accept("with correction 0", 0, {-1}, false, {{1}, {3, 1}, {2, 3}});
  accept("with correction 0, all", 0, {}, false, {{2, 3}});
  accept("with correction 0, axis 0", 0, {0}, false, {{3, 4}});
  accept("with correction 2, axis 1 kept", 2, {1}, true, {{3, 4}});
  return row;
}

// ---- along an axis

using AlongAxis = Var (*)(const Var&, int);

Operation along_axis(const char* name, AlongAxis f, Lane (*lane_of)(const Lane&)) {
  Operation row{name, Kind::axis};
  const auto calls = [&](int axis, const std::vector<Shape>& shapes) {
    row.accepts(
           "axis " + std::to_string(axis) + " of", [f, axis](Vars x) { return f(x[0], axis); },
           [lane_of, axis](const Plains& x) { return mapped(x[0], axis, lane_of); }, single(shapes))
        .in_pytorch(concat(name, "(x, ", axis, ")"));
  };
  calls(-2, {{2, 3, 2}});
  calls(0, {{5}, {2, 3}, {1, 3}, {0, 3}, {2, 3, 2}, {37, 2}});
  calls(-1, {{0}, {1}, {5}, {2, 3}, {3, 1}, {2, 3, 2}, {0, 3}, {2, 0}, {2, 37}});
  row.refuses([f](Vars x) { return f(x[0], -1); }, single({{}}),
              "axis -1 is out of range for shape ()");
  row.refuses([f](Vars x) { return f(x[0], 2); }, single({{2, 3}}),
              "axis 2 is out of range for shape (2,3)");
  return row;
}

Lane softmax_of(const Lane& x) {
  const Exact total = exponentials_of(x);
  Lane y;
  for (const Exact v : x) y.push_back(std::exp(v) / total);
  return y;
}

Lane log_softmax_of(const Lane& x) {
  const Exact log_total = std::log(exponentials_of(x));
  Lane y;
  for (const Exact v : x) y.push_back(v - log_total);
  return y;
}

Lane sums_up_to_each(const Lane& x) {
  Lane y;
  for (const Exact v : x) y.push_back(y.empty() ? v : y.back() + v);
  return y;
}

Lane sums_from_each(const Lane& x) {
  Lane y = sums_up_to_each({x.rbegin(), x.rend()});
  std::reverse(y.begin(), y.end());
  return y;
}

Operation cumulative_sum_operation() {
  Operation row = along_axis(
      "cumulative_sum", [](const Var& x, int axis) { return cumulative_sum(x, axis); },
      sums_up_to_each);
  const auto from_the_end = [&row](int axis, const std::vector<Shape>& shapes) {
    row.accepts(
           concat("axis ", axis, ", from the end, of"),
           [axis](Vars x) { return cumulative_sum(x[0], axis, true); },
           [axis](const Plains& x) { return mapped(x[0], axis, sums_from_each); }, single(shapes))
        .in_pytorch(concat("x.flip(", axis, ").cumsum(", axis, ").flip(", axis, ")"));
  };
  from_the_end(0, {{0}, {1}, {5}, {2, 3}, {3, 2, 2}, {37, 2}});
  from_the_end(-1, {{2, 3}});
  return row;
}

Operation maxout_operation() {
  Operation row{"maxout", Kind::axis};
  const auto of = [&row](std::size_t pieces, const std::vector<Shape>& shapes) {
    row.accepts(
           "of " + std::to_string(pieces), [pieces](Vars x) { return maxout(x[0], pieces); },
           [pieces](const Plains& x) {
             const Index& shape = x[0].shape;
             return plain({shape[0], shape[1] / pieces}, [&](const Index& i) {
               Lane lane;
               for (std::size_t k = 0; k < pieces; ++k)
                 lane.push_back(x[0].at({i[0], pieces * i[1] + k}));
               return max_of(lane);
             });
           },
           single(shapes))
        .in_pytorch(concat("x.reshape(len(x), x.shape[1] // ", pieces, ", ", pieces, ").amax(2)"));
  };
  of(1, {{1, 1}, {2, 3}});
  of(2, {{3, 8}});
  of(3, {{1, 3}, {2, 6}, {0, 3}, {3, 0}});
  const auto refuse = [&row](std::size_t pieces, const std::vector<Shape>& shapes) {
    row.refuses([pieces](Vars x) { return maxout(x[0], pieces); }, single(shapes),
                concat("takes (batch, units·", pieces, ")"));
  };
  refuse(3, {{}, {0}, {1}, {3}, {2, 4}, {2, 3, 3}});
  refuse(0, {{2, 3}});
  return row.at("ties", {matrix({{1, 1, 2}, {0, 3, 3}})}, once);
}

// The row, whose accepted calls may differ from PyTorch's by this.
Operation within(double atol, Operation row) {
  for (OperationCase& c : row.accepted) c.atol = atol;
  return row;
}

}  // namespace

std::vector<Operation> reductions() {
  const Domain nonzero = signed_between(0.3, 2.3);
  const Fold unbiased_variance = [](const Lane& x) { return variance_of(x, 1); };
  const Fold unbiased_deviation = [](const Lane& x) { return std::sqrt(variance_of(x, 1)); };
  const Fold euclidean = [](const Lane& x) { return std::sqrt(squares_of(x)); };
  const Fold log_of_exponentials = [](const Lane& x) { return std::log(exponentials_of(x)); };
  const std::vector<ReductionPoint> ties{
      {"ties", {1}, matrix({{1, 3, 3, 1}, {2, 2, 2, 2}}), once},
      {"ties, all", {}, matrix({{1, 3, 3, 1}, {2, 3, 2, 1}}), once}};
  const Tensor wide_spread = between(-45, 45)({3, 4}, 0), up_to_1e4 = between(-1e4, 1e4)({3, 4}, 0);
  const Tensor offset = between(98, 102)({3, 4}, 0), large = between(998, 1002)({3, 4}, 0);
  const auto with_exponentials = [&](const char* name, AlongAxis f, Lane (*lane_of)(const Lane&),
                                     double atol) {
    return along_axis(name, f, lane_of)
        .at("large values", {large})
        .at("wide spread", {wide_spread}, once, atol)
        .at("values up to 1e4", {up_to_1e4}, once);
  };
  return {
      reduction("sum", sum, sum_of),
      reduction("mean", mean, mean_of, 1, " has nothing to take the mean of"),
      with_points(reduction("product", product, product_of), product, product_of,
                  {{"zeros", {1}, matrix({{2, 0, -3}, {0, 0, 5}, {0, 0, 0}})},
                   {"one zero, all", {}, matrix({{2, 0, -3}, {0.5, 4, 5}})}}),
      with_points(reduction("max", max, max_of, 1, " has nothing to take the maximum of"), max,
                  max_of, ties),
      with_points(reduction("min", min, min_of, 1, " has nothing to take the minimum of"), min,
                  min_of, ties),
      with_points(with_corrections<variance>(
                      reduction("variance", unbiased<variance>, unbiased_variance, 2, " has "),
                      [](Exact v) { return v; }),
                  unbiased<variance>, unbiased_variance, {{"offset", {}, offset}}),
      // of two values it is |a − b|/√2, so its second derivatives are rounding alone
      within(1e-13,
             with_points(with_corrections<standard_deviation>(
                             reduction("standard_deviation", unbiased<standard_deviation>,
                                       unbiased_deviation, 2, " has "),
                             std::sqrt),
                         unbiased<standard_deviation>, unbiased_deviation,
                         {{"offset", {}, offset}, {"of equals", {}, vector({2, 2, 2}), once}})),
      with_points(reduction("norm", norm, euclidean, 0, "", nonzero), norm, euclidean,
                  {{"of zeros", {}, vector({0, 0, 0}), once},
                   {"small and large", {1}, matrix({{3e200, -4e200}, {-3e-200, 4e-200}}), once}}),
      with_points(reduction("logsumexp", logsumexp, log_of_exponentials, 1, " has nothing"),
                  logsumexp, log_of_exponentials,
                  {{"large values", {1}, large},
                   {"large negative values", {1}, between(-1002, -998)({3, 4}, 0)},
                   {"wide spread", {1}, wide_spread, once},
                   {"values up to 1e4", {1}, up_to_1e4, once}}),
      // the gradient y·(g − Σ g·y) is what is left of a difference of numbers of order 1
      with_exponentials("softmax", softmax, softmax_of, std::numeric_limits<double>::epsilon() / 2),
      with_exponentials("log_softmax", log_softmax, log_softmax_of, 0),
      cumulative_sum_operation(),
      maxout_operation(),
  };
}

}  // namespace reel::inline REEL_PRECISION
