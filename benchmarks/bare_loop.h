// The training step of an MLP as a programmer would write it by hand: the reference for Reel's
// speed.
//
// It has no tape, no modules and no checks of shapes. It has fixed buffers, the same matrix
// products as Reel, and as few passes over memory as possible. ReLU between the layers, softmax
// cross-entropy at the end. The gradient of a weight is never stored as a whole: a block of its
// rows is computed and used at once.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/core/range.h>
#include <reel/data/batches.h>

namespace reel::inline REEL_PRECISION {

enum class Method { sgd, momentum, adam };
Method method_by_name(const std::string& name);

class BareLoop {
 public:
  /// `parameters`: for each layer the weight (out, in), then the bias (out).
  BareLoop(std::vector<std::size_t> widths, std::size_t batch, Method method, float lr,
           std::span<const float> parameters);

  /// One step on each batch in turn: gather, forward, backward, update. No batch may be larger than
  /// `batch`. Returns the mean of the batches' losses.
  float epoch(const data::Batches& batches);

 private:
  struct Widths {
    std::size_t in, out;
  };
  struct Layer {
    Widths widths;
    std::size_t start;    // of its weight and then its bias, among the parameters
    Tensor input, delta;  // (batch, in), and the gradient with respect to it
  };

  void forward();
  float backward();
  void update();
  void update_rows(std::size_t l, Range rows);
  void update(std::size_t start, std::size_t count, const float* gradient);
  // The input of layer l, or the scores.
  float* values(std::size_t l) {
    return l < layers_.size() ? layers_[l].input.data() : scores_.data();
  }
  // The gradient with respect to the output of layer l.
  const float* delta(std::size_t l) const {
    return l + 1 < layers_.size() ? layers_[l + 1].delta.data() : scores_.data();
  }

  std::vector<Layer> layers_;
  Tensor scores_;
  Labels labels_;
  std::size_t samples_ = 0;  // in the present step
  Method method_;
  float lr_;
  int t_ = 0;
  float root_ = 0, rate_ = 0;  // of Adam, in the present step
  Tensor parameters_, m_, v_;
};

}  // namespace reel::inline REEL_PRECISION
