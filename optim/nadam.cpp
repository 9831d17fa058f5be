// The update rule of NAdam.
#include <reel/optim/nadam.h>

#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

NAdam::NAdam(const Groups& groups, const NAdamOptions& options)
    : Optimizer("nadam", groups, {options.lr, options.l2, options.weight_decay}, {"m", "v"}),
      options_(options) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
  check_option("momentum_decay", options.momentum_decay, 0,
               std::numeric_limits<double>::infinity());
}

double NAdam::momentum(double t) const {
  return options_.beta1 * (1 - 0.5 * std::pow(0.96, t * options_.momentum_decay));
}

// The product of the momenta up to step t.
double NAdam::next_number(double product, std::int64_t t) const {
  return (t == 1 ? 1 : product) * momentum(static_cast<double>(t));
}

void NAdam::update(const Update& u) const {
  const auto t = static_cast<double>(u.t);
  const double mu = momentum(t), next = momentum(t + 1), product = u.number;
  const Real beta1 = static_cast<Real>(options_.beta1), beta2 = static_cast<Real>(options_.beta2);
  const Real correction = static_cast<Real>(1 - std::pow(options_.beta2, t));
  const Real eps = static_cast<Real>(options_.eps);
  const Real g_rate = static_cast<Real>(u.lr * (1 - mu) / (1 - product));
  const Real m_rate = static_cast<Real>(u.lr * next / (1 - product * mu * next));
  Real *m = u.state[0], *v = u.state[1];
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i);
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    u.p[i] -= (g_rate * g + m_rate * m[i]) / (std::sqrt(v[i] / correction) + eps);
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
