// The update rule of AdaMax.
#include <reel/optim/adamax.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

AdaMax::AdaMax(const Groups& groups, const AdaMaxOptions& options)
    : Optimizer("adamax", groups, {options.lr, options.l2, options.weight_decay}, {"m", "u"}),
      options_(options) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

void AdaMax::update(const Update& u) const {
  const Real beta1 = static_cast<Real>(options_.beta1), beta2 = static_cast<Real>(options_.beta2);
  const double correction = 1 - std::pow(options_.beta1, static_cast<double>(u.t));
  const Real rate = static_cast<Real>(u.lr / correction), eps = static_cast<Real>(options_.eps);
  Real *m = u.state[0], *largest = u.state[1];
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i);
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    largest[i] = std::max(beta2 * largest[i], std::abs(g) + eps);
    u.p[i] -= rate * m[i] / largest[i];
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
