// Newton-CG: Newton's method for many parameters, by products of the Hessian with vectors alone.
#pragma once

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct NewtonCgOptions {
  double radius = 1;              ///< of the first trust region
  double largest_radius = 1000;   ///< no step is longer
  double least_agreement = 0.15;  ///< η: of actual and predicted reduction, to accept a step
};

/// Minimises the quadratic model of f within a radius by conjugate gradients (Steihaug 1983, Toint
/// 1981), as far as a residual of min(½, √‖g‖)·‖g‖; the radius follows from how well the model
/// predicted (Nocedal and Wright, Numerical Optimization, algorithms 4.1 and 7.2). Follows negative
/// curvature to the radius. The Hessian is never formed: memory is linear in θ.
Method newton_cg(const NewtonCgOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
