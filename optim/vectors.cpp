// Loops over the elements of tensors of one shape.
#include <reel/optim/vectors.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using reel::detail::elements_at_once;

}  // namespace

double inner(const Tensor& a, const Tensor& b) {
  constexpr std::size_t columns = 16;  // independent sums, which the processor can add in parallel
  return parallel_sum(a.size(), elements_at_once, [&](Range part) {
    std::array<double, columns> sums{};
    const auto add = [&](std::size_t column, std::size_t i) {
      sums[column] += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
    };
    std::size_t i = part.begin;
    for (; i + columns <= part.end; i += columns)
      for (std::size_t k = 0; k < columns; ++k) add(k, i + k);
    for (; i < part.end; ++i) add(0, i);
    return std::accumulate(sums.begin(), sums.end(), 0.0);
  });
}

double length_of(const Tensor& a) { return std::sqrt(inner(a, a)); }

Tensor along(const Tensor& a, double t, const Tensor& b) {
  Tensor sum = a;
  add_to(sum, t, b);
  return sum;
}

void add_to(Tensor& a, double t, const Tensor& b) {
  Real* const to = a.data();
  parallel_ranges(a.size(), elements_at_once,
                  [to, from = b.data(), factor = static_cast<Real>(t)](Range part) {
                    for (std::size_t i = part.begin; i < part.end; ++i) to[i] += factor * from[i];
                  });
}

bool all_finite(const Tensor& a) {
  return std::all_of(a.begin(), a.end(), [](Real x) { return std::isfinite(x); });
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
