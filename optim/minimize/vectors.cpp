// Loops over the elements of tensors of one shape.
#include <reel/optim/minimize/vectors.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {

double inner(const Tensor& a, const Tensor& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    total += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
  return total;
}

double length_of(const Tensor& a) { return std::sqrt(inner(a, a)); }

Tensor along(const Tensor& a, double t, const Tensor& b) {
  Tensor sum = a;
  add_to(sum, t, b);
  return sum;
}

void add_to(Tensor& a, double t, const Tensor& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] += static_cast<Real>(t) * b.data()[i];
}

bool all_finite(const Tensor& a) {
  return std::all_of(a.begin(), a.end(), [](Real x) { return std::isfinite(x); });
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
