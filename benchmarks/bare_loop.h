// The case study's step without a tape: the yardstick that Reel's step is measured against.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {

/// inputs-hidden-classes with ReLU, cross-entropy and SGD, scheduled by hand on plain arrays that
/// are made once: the same products from the same library, each elementwise pass fused by hand.
class BareLoop {
 public:
  struct Weights {
    std::vector<float> w1, b1, w2,
        b2;  ///< (hidden, inputs), (hidden), (classes, hidden), (classes)
  };

  BareLoop(std::size_t inputs, std::size_t hidden, std::size_t classes, std::size_t batch,
           Weights weights);

  /// One step of SGD on the batch; returns its mean loss.
  float step(const data::Batch& batch, float lr);
  const Weights& weights() const { return weights_; }

 private:
  std::size_t inputs_, hidden_, classes_, batch_;
  Weights weights_;
  Tensor h_, scores_, dh_, dw1_, dw2_;
  std::vector<float> db1_, db2_;
};

}  // namespace reel::inline REEL_PRECISION
