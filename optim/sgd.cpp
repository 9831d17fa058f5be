// The update rule of SGD.
#include <reel/optim/sgd.h>

#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Sgd::Sgd(const Groups& groups, const SgdOptions& options)
    : Optimizer("sgd", groups, {options.lr, options.l2, options.weight_decay},
                options.momentum != 0 ? Names{"b"} : Names{}),
      options_(options) {
  constexpr double any = std::numeric_limits<double>::infinity();
  check_option("momentum", options.momentum, 0, any);
  check_option("dampening", options.dampening, 0, any);
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0))
    fail_usage("sgd", "nesterov takes a momentum and no dampening.");
}

void Sgd::update(const Update& u) const {
  const Real lr = static_cast<Real>(u.lr);
  if (options_.momentum == 0) {  // p −= lr·g
    for (std::size_t i = 0; i < u.n; ++i) u.p[i] -= lr * u.g(i);
    return;
  }
  Real* b = u.state[0];
  const Real mu = static_cast<Real>(options_.momentum);
  const Real fresh = u.t == 1 ? 1 : static_cast<Real>(1 - options_.dampening);
  if (options_.nesterov) {
    for (std::size_t i = 0; i < u.n; ++i) {
      const Real g = u.g(i);
      b[i] = mu * b[i] + fresh * g;
      u.p[i] -= lr * (g + mu * b[i]);
    }
  } else {
    for (std::size_t i = 0; i < u.n; ++i) {
      b[i] = mu * b[i] + fresh * u.g(i);
      u.p[i] -= lr * b[i];
    }
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
