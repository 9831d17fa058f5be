// Adadelta: a learning rate for each element, from the sizes of its past updates and gradients.
#pragma once

#include <reel/optim/optimizer.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Adadelta.
struct AdadeltaOptions {
  double lr = 1;            ///< the learning rate
  double rho = 0.9;         ///< of the averages
  double eps = 1e-6;        ///< inside the roots
  double l2 = 0;            ///< λ of the penalty in the gradient; see Optimizer
  double weight_decay = 0;  ///< decoupled
};

/// v = ρv + (1 − ρ)g²; Δ = √(u + eps)/√(v + eps)·g; p −= lr·Δ; u = ρu + (1 − ρ)Δ². Zeiler,
/// arXiv:1212.5701, 2012.
class Adadelta : public Optimizer {
 public:
  /// Throws Error for options outside their ranges.
  explicit Adadelta(const Groups& groups, const AdadeltaOptions& options = {});

 private:
  void update(const Update& u) const override;
  AdadeltaOptions options_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
