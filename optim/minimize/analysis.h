// The shape of an objective around a point: eigenvalues, condition number, kind of critical point,
// Lipschitz constants.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include <reel/autodiff/core/rng.h>
#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The eigenvalues of a Hessian in ascending order. The Hessian is a matrix (n, n), or the result
/// of `hessian(f)` for θ of any shape. Throws Error for another shape, for a matrix that is not
/// symmetric up to rounding, and for elements that are not finite.
Tensor eigenvalues(const Tensor& hessian);

/// |λ|max/|λ|min: for a minimum, the square of how many times a valley is longer than wide.
/// Infinite if the matrix is singular up to rounding; 1 if it has no elements.
double condition_number(const Tensor& hessian);

/// The kind of a point at which the gradient is 0.
enum class CriticalPoint {
  minimum,       ///< all eigenvalues are positive
  maximum,       ///< all eigenvalues are negative
  saddle,        ///< some are positive, some negative
  semidefinite,  ///< some are 0, the others have one sign: the Hessian cannot decide
};
/// The kind in words.
const char* to_string(CriticalPoint kind);

/// An eigenvalue counts as 0 if it is at most this times the largest.
inline double zero_eigenvalue() { return std::sqrt(std::numeric_limits<Real>::epsilon()); }

/// The kind of a critical point with this Hessian; eigenvalues up to `tolerance` times the largest
/// count as 0.
CriticalPoint classify(const Tensor& hessian, double tolerance = zero_eigenvalue());
/// The kind of f's critical point θ. Throws Error if an element of the gradient at θ exceeds
/// `gradient`: then θ is not a critical point.
CriticalPoint classify(const Objective& f, const Tensor& theta,
                       double tolerance = zero_eigenvalue(), double gradient = 1e-3);

/// An estimate of the smallest K with |f(a) − f(b)| ≤ K·‖a − b‖₂ in a box: the largest ‖∇f‖₂ at the
/// box's two corners `low` and `high`, and at `samples` uniform points. It is a lower bound, which
/// approaches K as the samples grow; NaN if a gradient is NaN. `low` and `high` have θ's shape.
double lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                          std::size_t samples, Rng& rng);
/// The same for the gradient: the largest |λ| of the Hessian. Gradient descent decreases f with any
/// fixed step below 2/K.
double gradient_lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                                   std::size_t samples, Rng& rng);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
