// The update rule of Adagrad.
#include <reel/optim/adagrad.h>

#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Adagrad::Adagrad(const Groups& groups, const AdagradOptions& options)
    : Optimizer("adagrad", groups, {options.lr, options.l2, options.weight_decay}, {"s"}),
      options_(options) {
  constexpr double any = std::numeric_limits<double>::infinity();
  check_option("lr_decay", options.lr_decay, 0, any);
  check_option("eps", options.eps, 0, any);
  check_option("start", options.start, 0, any);
  start_state(0, static_cast<Real>(options.start));
}

void Adagrad::update(const Update& u) const {
  Real* s = u.state[0];
  const auto before = static_cast<double>(u.t - 1);
  const Real lr = static_cast<Real>(u.lr / (1 + before * options_.lr_decay));
  const Real eps = static_cast<Real>(options_.eps);
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i);
    s[i] += g * g;
    u.p[i] -= lr * g / (std::sqrt(s[i]) + eps);
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
