// The update rule of Adam.
#include <reel/optim/adam.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Adam::Adam(const Groups& groups, const AdamOptions& options) : Adam("adam", groups, options) {}

Adam::Adam(std::string_view method, const Groups& groups, const AdamOptions& options)
    : Optimizer(method, groups, {options.lr, options.l2, options.weight_decay},
                options.amsgrad ? Names{"m", "v", "largest"} : Names{"m", "v"}),
      options_(options) {
  check_option("beta1", options.beta1, 0, 1);
  check_option("beta2", options.beta2, 0, 1);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

void Adam::update(const Update& u) const {
  const auto t = static_cast<double>(u.t);
  const Real beta1 = static_cast<Real>(options_.beta1), beta2 = static_cast<Real>(options_.beta2);
  // numerator and denominator times the root, which saves a division for each element
  const double root = std::sqrt(1 - std::pow(options_.beta2, t));
  const Real rate = static_cast<Real>(u.lr / (1 - std::pow(options_.beta1, t)) * root);
  const Real eps = static_cast<Real>(options_.eps * root);
  Real *m = u.state[0], *v = u.state[1], *largest = u.state[2];
  if (options_.amsgrad) {
    for (std::size_t i = 0; i < u.n; ++i) {
      const Real g = u.g(i);
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      largest[i] = std::max(largest[i], v[i]);
      u.p[i] -= rate * m[i] / (std::sqrt(largest[i]) + eps);
    }
  } else {
    for (std::size_t i = 0; i < u.n; ++i) {
      const Real g = u.g(i);
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      u.p[i] -= rate * m[i] / (std::sqrt(v[i]) + eps);
    }
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
