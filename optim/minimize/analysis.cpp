// Computes eigenvalues of Hessians, and what follows from them.
#include <reel/optim/minimize/analysis.h>

#include <algorithm>

#include <reel/autodiff/tensor/kernels.h>
#include <reel/autodiff/tensor/linear_algebra.h>
#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// The n of a Hessian for θ of n elements.
std::size_t order_of(const Tensor& hessian) {
  const Shape& shape = hessian.shape();
  const std::size_t half = shape.size() / 2;
  if (shape.size() % 2 != 0 ||
      !std::equal(shape.begin(), shape.begin() + half, shape.begin() + half))
    fail_usage("eigenvalues", "takes a Hessian, such as (3,3), got ", reel::to_string(shape), '.');
  std::size_t n = 1;
  for (std::size_t axis = 0; axis < half; ++axis) n *= shape[axis];
  return n;
}

// The largest f(point) over points of a box.
template <class F>
double largest(const char* where, const Tensor& low, const Tensor& high, std::size_t samples,
               Rng& rng, const F& f) {
  if (low.shape() != high.shape())
    fail_usage(where, "low has shape ", reel::to_string(low.shape()), ", high ",
               reel::to_string(high.shape()), '.');
  for (std::size_t i = 0; i < low.size(); ++i)
    if (!(low.data()[i] <= high.data()[i]))
      fail_usage(where, "low = ", low.data()[i], " is above high = ", high.data()[i], '.');
  double most = f(low);
  const auto consider = [&](double value) {
    if (value > most || std::isnan(value)) most = value;
  };
  if (!std::isnan(most)) consider(f(high));
  for (std::size_t k = 0; k < samples && !std::isnan(most); ++k) {
    Tensor theta = low;
    for (std::size_t i = 0; i < theta.size(); ++i)
      theta.data()[i] = static_cast<Real>(
          rng.uniform(static_cast<double>(low.data()[i]), static_cast<double>(high.data()[i])));
    consider(f(theta));
  }
  return most;
}

}  // namespace

Tensor eigenvalues(const Tensor& hessian) {
  const std::size_t n = order_of(hessian);
  Tensor h = reel::reshape(hessian, {n, n});
  const double allowed = zero_eigenvalue() * norm_of(h, Norm::max);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (std::abs(static_cast<double>(h(i, j)) - static_cast<double>(h(j, i))) > allowed)
        fail_usage("eigenvalues", "the matrix ", reel::to_string(h.shape()),
                   " is not symmetric: ", h(i, j), " at ", i, ',', j, " and ", h(j, i), " at ", j,
                   ',', i, '.');
  return symmetric_eigen(h).values;
}

double condition_number(const Tensor& hessian) {
  const Tensor values = eigenvalues(hessian);
  if (values.size() == 0) return 1;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const Real value : values) {
    least = std::min(least, std::abs(static_cast<double>(value)));
    most = std::max(most, std::abs(static_cast<double>(value)));
  }
  const double rounding =
      static_cast<double>(values.size()) * std::numeric_limits<Real>::epsilon() * most;
  return least <= rounding ? std::numeric_limits<double>::infinity() : most / least;
}

const char* to_string(CriticalPoint kind) {
  switch (kind) {
    case CriticalPoint::minimum:
      return "minimum";
    case CriticalPoint::maximum:
      return "maximum";
    case CriticalPoint::saddle:
      return "saddle";
    case CriticalPoint::semidefinite:
      return "semidefinite";
  }
  return "";
}

CriticalPoint classify(const Tensor& hessian, double tolerance) {
  const Tensor values = eigenvalues(hessian);
  if (values.size() == 0) fail_usage("classify", "a Hessian of no parameters has no kind.");
  const double zero = tolerance * norm_of(values, Norm::max);
  const auto first = static_cast<double>(*values.begin()),
             last = static_cast<double>(*values.rbegin());
  if (first < -zero && last > zero) return CriticalPoint::saddle;
  if (first > zero) return CriticalPoint::minimum;
  if (last < -zero) return CriticalPoint::maximum;
  return CriticalPoint::semidefinite;
}

CriticalPoint classify(const Objective& f, const Tensor& theta, double tolerance, double gradient) {
  Problem problem(f);
  const double size = norm_of(problem.at(theta).gradient, Norm::max);
  if (!(size <= gradient))
    fail_usage("classify", "the gradient's largest element is ", size, ", above ", gradient,
               ": this is not a critical point. Hint: call minimize first.");
  return classify(problem.hessian(theta), tolerance);
}

double lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                          std::size_t samples, Rng& rng) {
  Problem problem(f);
  return largest("lipschitz_constant", low, high, samples, rng, [&](const Tensor& theta) {
    return norm_of(problem.at(theta).gradient, Norm::l2);
  });
}

double gradient_lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                                   std::size_t samples, Rng& rng) {
  Problem problem(f);
  return largest("gradient_lipschitz_constant", low, high, samples, rng, [&](const Tensor& theta) {
    return norm_of(symmetric_eigen(problem.hessian(theta)).values, Norm::max);
  });
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
