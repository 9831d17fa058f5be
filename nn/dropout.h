// Dropout: sets random elements to zero in training.
#pragma once

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// In training each element becomes 0 with probability p, and the others are multiplied by 1/(1 −
/// p), so that the mean stays the same. In eval mode nothing changes. (Srivastava, Hinton,
/// Krizhevsky, Sutskever and Salakhutdinov, JMLR 2014)
///
/// It draws from the innermost RandomScope. `train::fit` makes one for each step; in your own loop,
/// write `const RandomScope scope(rng);` before the forward pass. Masks are drawn row by row; they
/// are the same for any number of threads, as long as each row is a sample.
class Dropout : public Module {
 public:
  /// Throws Error unless 0 ≤ p < 1.
  explicit Dropout(double p = 0.5);

  /// x (batch, …). Throws Error in training if there is no RandomScope.
  Var forward(const Var& x) const override;
  std::string describe() const override;
  /// A layer with the same probability.
  Dropout clone() const { return Dropout(p_); }

 private:
  double p_;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
