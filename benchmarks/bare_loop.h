// The training step of an MLP as a person would write it by hand: Reel's yardstick.
//
// No tape, no modules, no shapes to check: fixed buffers, the same matrix products as Reel, and one
// pass over memory wherever one will do. ReLU between the layers, softmax cross-entropy at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/core/workers.h>
#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {

enum class Method { sgd, momentum, adam };
Method method_by_name(const std::string& name);

class BareLoop {
 public:
  /// `parameters`: of each layer the weight (out, in), then the bias (out), one after the other.
  BareLoop(std::vector<std::size_t> widths, std::size_t batch, Method method, float lr,
           std::vector<float> parameters, Workers& workers);

  /// One step on these rows, at most `batch` of them: gather, forward, backward, update. The mean
  /// loss.
  float step(const data::Dataset& images, std::span<const std::uint32_t> rows);

  const std::vector<float>& parameters() const { return parameters_; }

 private:
  // What one worker needs for its share: activations, their gradients, those of the parameters.
  struct Buffers {
    std::vector<Tensor> values, deltas;
    Tensor gradient;
    Labels labels;
    float loss = 0;
  };

  void differentiate(Buffers& own, std::size_t samples, float weight) const;
  void update(Share part);

  std::vector<std::size_t> widths_, weights_;  // weights_[l]: where layer l's parameters start
  Method method_;
  float lr_;
  int t_ = 0;
  std::vector<float> parameters_, m_, v_;
  std::vector<Buffers> buffers_;
  Workers& workers_;
};

}  // namespace reel::inline REEL_PRECISION
