// The update rule of RAdam.
#include <reel/optim/radam.h>

#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

RAdam::RAdam(const Groups& groups, const RAdamOptions& options)
    : Optimizer("radam", groups, {options.lr, options.l2, options.weight_decay}, {"m", "v"}),
      options_(options) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

void RAdam::update(const Update& u) const {
  const auto t = static_cast<double>(u.t);
  const double power = std::pow(options_.beta2, t), most = 2 / (1 - options_.beta2) - 1;
  const double rho = most - 2 * t * power / (1 - power);
  const double lr = u.lr / (1 - std::pow(options_.beta1, t));
  const Real beta1 = static_cast<Real>(options_.beta1), beta2 = static_cast<Real>(options_.beta2);
  Real *m = u.state[0], *v = u.state[1];
  if (rho > 5) {
    const double r =
        std::sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho) * (1 - power));
    const Real rate = static_cast<Real>(lr * r), eps = static_cast<Real>(options_.eps);
    for (std::size_t i = 0; i < u.n; ++i) {
      const Real g = u.g(i);
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      u.p[i] -= rate * m[i] / (std::sqrt(v[i]) + eps);
    }
  } else {
    const Real rate = static_cast<Real>(lr);
    for (std::size_t i = 0; i < u.n; ++i) {
      const Real g = u.g(i);
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      u.p[i] -= rate * m[i];
    }
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
