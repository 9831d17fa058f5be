// The update rule of Adadelta.
#include <reel/optim/adadelta.h>

#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Adadelta::Adadelta(const Groups& groups, const AdadeltaOptions& options)
    : Optimizer("adadelta", groups, {options.lr, options.l2, options.weight_decay}, {"v", "u"}),
      options_(options) {
  check_option("rho", options.rho, 0, 1);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

void Adadelta::update(const Update& u) const {
  Real *v = u.state[0], *moved = u.state[1];
  const Real lr = static_cast<Real>(u.lr), rho = static_cast<Real>(options_.rho);
  const Real eps = static_cast<Real>(options_.eps);
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i);
    v[i] = rho * v[i] + (1 - rho) * g * g;
    const Real delta = std::sqrt(moved[i] + eps) / std::sqrt(v[i] + eps) * g;
    u.p[i] -= lr * delta;
    moved[i] = rho * moved[i] + (1 - rho) * delta * delta;
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
