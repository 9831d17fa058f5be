// Newton-CG: Newton's method for many parameters; it needs only Hessian-vector products.
#pragma once

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of `newton_cg`.
struct NewtonCgOptions {
  double radius = 1;              ///< of the first trust region
  double largest_radius = 1000;   ///< no step is longer
  double least_agreement = 0.15;  ///< η: accept a step if actual/predicted reduction > η
};

/// Minimises the quadratic model of f within a radius by conjugate gradients (Steihaug 1983, Toint
/// 1981), until the residual is at most min(½, √‖g‖)·‖g‖. The radius grows or shrinks depending on
/// how well the model predicted (Nocedal and Wright, Numerical Optimization, algorithms 4.1 and
/// 7.2). Along negative curvature it goes to the boundary. The Hessian is never formed: memory is
/// linear in θ.
Method newton_cg(const NewtonCgOptions& options = {});

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
