// What an objective looks like around a point: eigenvalues, condition, kind of critical point,
// Lipschitz constants.
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>

#include <reel/autodiff/core/rng.h>
#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The eigenvalues of a Hessian, ascending: of a matrix (n, n), or of what `hessian(f)` returns for
/// θ of any shape. Throws Error for any other shape, for a matrix that is not symmetric but for
/// rounding, and for elements that are not finite.
Tensor eigenvalues(const Tensor& hessian);

/// |λ|max/|λ|min: how many times narrower a valley is than it is long. Infinite if the matrix is
/// singular to rounding; 1 for no elements.
double condition_number(const Tensor& hessian);

enum class CriticalPoint {
  minimum,       ///< all eigenvalues are positive
  maximum,       ///< all are negative
  saddle,        ///< there are both
  semidefinite,  ///< some are 0, the others have one sign: the Hessian does not tell
};
const char* to_string(CriticalPoint kind);

/// An eigenvalue counts as 0 up to this times the largest.
inline double zero_eigenvalue() { return std::sqrt(std::numeric_limits<Real>::epsilon()); }

CriticalPoint classify(const Tensor& hessian, double tolerance = zero_eigenvalue());
/// The kind of f's critical point θ. Throws Error if an element of the gradient there exceeds
/// `gradient`, so that it is none.
CriticalPoint classify(const Objective& f, const Tensor& theta,
                       double tolerance = zero_eigenvalue(), double gradient = 1e-3);

/// The smallest K known with |f(a) − f(b)| ≤ K·‖a − b‖₂ in a box: the largest ‖∇f‖₂ at its two ends
/// and at `samples` uniform points. It is a lower bound, met as the samples grow; NaN if a
/// gradient is. `low` and `high` have θ's shape.
double lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                          std::size_t samples, Rng& rng);
/// The same for the gradient: the largest |λ| of the Hessian. Gradient descent by any fixed step
/// below 2/K goes down.
double gradient_lipschitz_constant(const Objective& f, const Tensor& low, const Tensor& high,
                                   std::size_t samples, Rng& rng);

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
