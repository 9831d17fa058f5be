// Operations with random operands and attributes, as parts of random programs.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/ops/ops.h>

namespace reel::inline REEL_PRECISION {
namespace random_programs {

using Vars = std::span<const Var>;
using Function = std::function<Var(Vars)>;

// The safe range: values are bounded, and kinks and poles are farther away than `margin`

constexpr double largest = 100, margin = 0.02;
constexpr std::size_t most_elements = 40;

inline bool within(const Tensor& x, double low, double high) {
  return std::all_of(x.begin(), x.end(), [=](Real v) { return low <= v && v <= high; });
}

// Draws the operands of an operation from the existing values, and random attributes.
class Draw {
 public:
  Draw(Rng& rng, const std::vector<Tensor>& values) : rng_(rng), values_(values) {}

  // One of the last few values, or any value.
  const Tensor& operand() {
    const std::size_t n = values_.size(), among = coin() ? std::min<std::size_t>(n, 4) : n;
    operands.push_back(n - 1 - below(among));
    return values_[operands.back()];
  }
  std::pair<const Tensor&, const Tensor&> two() {
    const Tensor& first = operand();
    return {first, operand()};
  }

  std::size_t below(std::size_t n) { return rng_.below(n); }
  bool coin() { return below(2) == 1; }
  Real number(double low, double high) { return static_cast<Real>(rng_.uniform(low, high)); }
  // An axis of x, counted from either end; x has at least one.
  int axis(const Tensor& x) {
    const int n = static_cast<int>(x.dimension());
    return static_cast<int>(below(x.dimension())) - (coin() ? n : 0);
  }
  Axes axes(const Tensor& x) {
    if (x.dimension() == 0 || below(3) == 0) return {};
    const int n = static_cast<int>(x.dimension()), a = static_cast<int>(below(x.dimension()));
    if (n == 1 || coin()) return a;
    return {a, (a + 1) % n - n};
  }
  Tensor tensor(const Shape& shape, double low, double high) {
    Tensor t = uninitialized(shape);
    for (Real& x : t.storage()) x = number(low, high);
    return t;
  }
  Labels labels(std::size_t count, std::size_t classes) {
    Labels result(count);
    for (Label& label : result) label = static_cast<Label>(below(classes));
    return result;
  }
  std::vector<std::size_t> indices(std::size_t count, std::size_t n) {
    std::vector<std::size_t> result(count);
    for (std::size_t& i : result) i = below(n);
    return result;
  }

  std::vector<std::size_t> operands;
  std::vector<Var> constants() const {
    std::vector<Var> result;
    for (const std::size_t i : operands) result.emplace_back(values_[i]);
    return result;
  }

 private:
  Rng& rng_;
  const std::vector<Tensor>& values_;
};

// An operation with random operands and attributes; empty if the operands are not suitable.
struct Operation {
  std::string name;
  std::function<Function(Draw&)> draw;
};

// All operations, by the kind of their operands. A program draws a family, then one of it.
const std::vector<std::vector<Operation>>& families();

}  // namespace random_programs
}  // namespace reel::inline REEL_PRECISION
