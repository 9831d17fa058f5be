// The step of momentum.
#include <reel/optim/minimize/momentum.h>

#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

class Momentum : public Algorithm {
 public:
  explicit Momentum(const MomentumOptions& options) : options_(options) {}

  bool advance(Problem& problem, Point& at, History&) override {
    if (fresh_)
      v_ = options_.start == MomentumOptions::Start::gradient ? at.gradient
                                                              : zeros(at.theta.shape());
    fresh_ = false;
    const Real step = static_cast<Real>(options_.step), kept = static_cast<Real>(options_.momentum);
    Tensor theta = at.theta;
    for (std::size_t i = 0; i < theta.size(); ++i) {
      const Real g = at.gradient.data()[i];
      Real& v = v_.data()[i];
      v = kept * v + step * g;
      theta.data()[i] -= options_.nesterov ? kept * v + step * g : v;
    }
    at = problem.at(theta);
    return true;
  }

 private:
  MomentumOptions options_;
  bool fresh_ = true;
  Tensor v_ = {};
};

}  // namespace

Method momentum(const MomentumOptions& options) {
  if (!(options.step > 0 && std::isfinite(options.step)))
    fail_usage("momentum", "step = ", options.step, " is not above 0 and finite.");
  if (!(options.momentum >= 0 && options.momentum < 1))
    fail_usage("momentum", "momentum = ", options.momentum, " is not in [0, 1).");
  return {"momentum", [=] { return std::make_unique<Momentum>(options); }};
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
