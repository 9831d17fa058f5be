// The update rule of RMSprop.
#include <reel/optim/rmsprop.h>

#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Rmsprop::Rmsprop(const Groups& groups, const RmspropOptions& options)
    : Optimizer("rmsprop", groups, {options.lr, options.l2, options.weight_decay}, {"v", "m", "b"}),
      options_(options) {
  constexpr double any = std::numeric_limits<double>::infinity();
  check_option("alpha", options.alpha, 0, 1);
  check_option("eps", options.eps, 0, any);
  check_option("momentum", options.momentum, 0, any);
}

void Rmsprop::update(const Update& u) const {
  Real *v = u.state[0], *m = u.state[1], *b = u.state[2];
  const Real lr = static_cast<Real>(u.lr), mu = static_cast<Real>(options_.momentum);
  const Real alpha = static_cast<Real>(options_.alpha), eps = static_cast<Real>(options_.eps);
  const Real centre = options_.centered ? 1 : 0;
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i);
    v[i] = alpha * v[i] + (1 - alpha) * g * g;
    m[i] = centre * (alpha * m[i] + (1 - alpha) * g);
    b[i] = mu * b[i] + g / (std::sqrt(v[i] - m[i] * m[i]) + eps);
    u.p[i] -= lr * b[i];
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
