// The rows of the reductions, and of what works along an axis.
#include <algorithm>
#include <cmath>

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

std::vector<ReductionCall> reduction_calls() {
  return {{{}, {}, 1},          {{0}, {}, 0},       {{1}, {}, 1},           {{1}, {0}, 1},
          {{5}, {}, 5},         {{5}, {-1}, 5},     {{2, 3}, {}, 6},        {{2, 3}, {0}, 2},
          {{2, 3}, {1}, 3},     {{2, 3}, {-1}, 3},  {{2, 3, 2}, {0, 2}, 4}, {{2, 3, 2}, {2, 1}, 6},
          {{2, 3, 2}, {-2}, 3}, {{1, 3}, {0}, 1},   {{0, 3}, {0}, 0},       {{0, 3}, {1}, 3},
          {{0, 3}, {}, 0},      {{2, 37}, {1}, 37}, {{19, 2}, {0}, 19}};
}

// A result needs `least` elements; with fewer, the error is "shape … `lacks`".
Operation reduction(const char* name, Reduce f, Fold fold, std::size_t least = 0,
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
        row.accepts(what + " of", apply, reference, {{c.shape}});
    }
  const auto along = [f](const Axes& axes) {
    return [f, axes](Vars x) { return f(x[0], axes, false); };
  };
  row.refuses(along(0), single({{}}), "axis 0 is out of range for shape ()");
  row.refuses(along(-3), single({{2, 3}}), "axis -3 is out of range for shape (2,3)");
  row.refuses(along({0, -2}), single({{2, 3}}), "axis -2 is named twice");
  return row;
}

template <Var (*f)(const Var&, const Axes&, bool, Real)>
Var unbiased(const Var& x, const Axes& axes, bool keep_dims) {
  return f(x, axes, keep_dims, 1);
}

// Moments of the population: with correction 0.
template <Var (*f)(const Var&, const Axes&, bool, Real)>
Var biased(Vars x) {
  return f(x[0], Axes(-1), false, 0);
}

Reference biased_reference(Exact (*of_variance)(Exact)) {
  return [of_variance](const Plains& x) {
    return folded(x[0], {-1}, false,
                  [&](const Lane& lane) { return of_variance(variance_of(lane, 0)); });
  };
}

// ---- along an axis

using AlongAxis = Var (*)(const Var&, int);

Operation along_axis(const char* name, AlongAxis f, Lane (*lane_of)(const Lane&)) {
  Operation row{name, Kind::axis};
  const auto calls = [&](int axis, const std::vector<Shape>& shapes) {
    row.accepts(
        "axis " + std::to_string(axis) + " of", [f, axis](Vars x) { return f(x[0], axis); },
        [lane_of, axis](const Plains& x) { return mapped(x[0], axis, lane_of); }, single(shapes));
  };
  calls(-1, {{0}, {1}, {5}, {2, 3}, {3, 1}, {2, 3, 2}, {0, 3}, {2, 0}, {2, 37}});
  calls(0, {{5}, {2, 3}, {1, 3}, {0, 3}, {2, 3, 2}, {37, 2}});
  calls(-2, {{2, 3, 2}});
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
  return along_axis(
             "cumulative_sum", [](const Var& x, int axis) { return cumulative_sum(x, axis); },
             sums_up_to_each)
      .accepts(
          "from the end of", [](Vars x) { return cumulative_sum(x[0], 0, true); },
          [](const Plains& x) { return mapped(x[0], 0, sums_from_each); },
          single({{0}, {1}, {5}, {2, 3}, {3, 2, 2}, {37, 2}}));
}

Operation maxout_operation() {
  const auto of_three = [](Vars x) { return maxout(x[0], 3); };
  return Operation{"maxout", Kind::axis}
      .accepts(
          "of three", of_three,
          [](const Plains& x) {
            const Index& shape = x[0].shape;
            return plain({shape[0], shape[1] / 3}, [&](const Index& i) {
              Lane pieces;
              for (std::size_t k = 0; k < 3; ++k) pieces.push_back(x[0].at({i[0], 3 * i[1] + k}));
              return max_of(pieces);
            });
          },
          single({{1, 3}, {2, 6}, {0, 3}, {3, 0}}))
      .accepts(
          "of one", [](Vars x) { return maxout(x[0], 1); }, [](const Plains& x) { return x[0]; },
          single({{1, 1}, {2, 3}}))
      .refuses(of_three, single({{}, {0}, {1}, {3}, {2, 4}, {2, 3, 3}}), "takes (batch, units·3)")
      .refuses([](Vars x) { return maxout(x[0], 0); }, single({{2, 3}}), "takes (batch, units·0)");
}

}  // namespace

std::vector<Operation> reductions() {
  const Domain nonzero = signed_between(0.3, 2.3);
  return {
      reduction("sum", sum, sum_of),
      reduction("mean", mean, mean_of, 1, " has nothing to take the mean of"),
      reduction("product", product, product_of),
      reduction("max", max, max_of, 1, " has nothing to take the maximum of"),
      reduction("min", min, min_of, 1, " has nothing to take the minimum of"),
      reduction(
          "variance", unbiased<variance>, [](const Lane& x) { return variance_of(x, 1); }, 2,
          " has ")
          .accepts("with correction 0 of", biased<variance>,
                   biased_reference([](Exact v) { return v; }), single({{1}, {3, 1}, {2, 3}})),
      reduction(
          "standard_deviation", unbiased<standard_deviation>,
          [](const Lane& x) { return std::sqrt(variance_of(x, 1)); }, 2, " has ")
          .accepts("with correction 0 of", biased<standard_deviation>, biased_reference(std::sqrt),
                   single({{1}, {3, 1}, {2, 3}})),
      reduction(
          "norm", norm, [](const Lane& x) { return std::sqrt(squares_of(x)); }, 0, "", nonzero),
      reduction(
          "logsumexp", logsumexp, [](const Lane& x) { return std::log(exponentials_of(x)); }, 1,
          " has nothing"),
      along_axis("softmax", softmax, softmax_of),
      along_axis("log_softmax", log_softmax, log_softmax_of),
      cumulative_sum_operation(),
      maxout_operation(),
  };
}

}  // namespace reel::inline REEL_PRECISION
