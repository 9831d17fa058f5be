// The update rule of Rprop.
#include <reel/optim/rprop.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Rprop::Rprop(const Groups& groups, const RpropOptions& options)
    : Optimizer("rprop", groups, {options.lr, options.l2, options.weight_decay},
                {"previous", "step"}),
      options_(options) {
  constexpr double any = std::numeric_limits<double>::infinity();
  check_option("down", options.down, std::numeric_limits<double>::denorm_min(), 1);
  check_option("up", options.up, std::nextafter(1.0, 2.0), any);
  check_option("shortest", options.shortest, 0, any);
  check_option("longest", options.longest, options.shortest, any);
}

void Rprop::update(const Update& u) const {
  Real *previous = u.state[0], *step = u.state[1];
  const Real down = static_cast<Real>(options_.down), up = static_cast<Real>(options_.up);
  const Real shortest = static_cast<Real>(options_.shortest);
  const Real longest = static_cast<Real>(options_.longest);
  if (u.t == 1) std::fill(step, step + u.n, static_cast<Real>(u.lr));
  for (std::size_t i = 0; i < u.n; ++i) {
    const Real g = u.g(i), agreement = g * previous[i];
    const Real factor = agreement > 0 ? up : agreement < 0 ? down : 1;
    step[i] = std::min(std::max(step[i] * factor, shortest), longest);
    previous[i] = agreement < 0 ? 0 : g;
    const Real sign = static_cast<Real>((previous[i] > 0) - (previous[i] < 0));
    u.p[i] -= step[i] * (g == g ? sign : g);
  }
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
