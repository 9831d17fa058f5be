// The training step of an MLP as a person would write it by hand: Reel's yardstick.
//
// No tape, no modules, no shapes to check: fixed buffers, the same matrix products as Reel, and one
// pass over memory wherever one will do. ReLU between the layers, softmax cross-entropy at the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/stored_product.h>
#include <reel/data/batches.h>

#include "barrier.h"
#include "workers.h"

namespace reel::inline REEL_PRECISION {

enum class Method { sgd, momentum, adam };
Method method_by_name(const std::string& name);

class BareLoop {
 public:
  /// `parameters`: of each layer the weight (out, in), then the bias (out), one after the other.
  BareLoop(std::vector<std::size_t> widths, std::size_t batch, Method method, float lr,
           std::span<const float> parameters, Workers& workers);

  /// A step on each batch in turn, none of which is larger than the size given: gather, forward,
  /// backward, update. The mean of their mean losses.
  float epoch(const data::Batches& batches);

 private:
  // What one worker needs for its share of the samples, and for its rows of each weight.
  struct alignas(64) Buffers {
    std::array<Tensor, 2> images;
    Tensor weight, product;  // by columns: the first layer's, (out, columns), (samples, out)
    std::vector<Tensor> values, deltas;             // of each layer's input, but the first one's
    std::vector<const float*> by_input, by_output;  // of each layer: its input, and the gradient
    Tensor gradient;                                // of all parameters, for its samples
    Tensor rows;                                    // of the gradient that are being updated
    Labels labels;
    std::size_t first = 0, samples = 0;
    float loss = 0;
    alignas(64) StoredRows stored;  // by columns: the images instead, of all samples
  };

  void gather(const data::Dataset& dataset, std::span<const std::uint32_t> rows, Buffers& own,
              std::size_t worker);
  void forward(Buffers& own, std::size_t worker);
  void meet(Barrier& barrier) {
    barrier.wait(barrier.arrive([] {}));
  }
  Share columns(std::size_t worker) const {
    return share_of(widths_[0], worker, buffers_.size(), least_columns);
  }
  void backward(Buffers& own, float weight);
  void update_part(std::size_t worker);
  void update_rows(std::size_t l, std::size_t row, std::size_t rows, Buffers& own);
  void update_columns(Buffers& own, std::size_t worker);
  void update(std::size_t start, std::size_t count, float* p, const float* gradient);

  static constexpr std::size_t line = 16;  // numbers of the cache

  std::vector<std::size_t> widths_, weights_;  // weights_[l]: where layer l's parameters start
  // Of each layer: whether the gradient by its weight has more numbers than what it is a product
  // of. Then each worker computes the rows that it updates, else a whole gradient for its samples.
  std::vector<char> in_rows_;
  // Of each layer: whether its weight has more numbers than the inputs and outputs of the batch.
  // Then each worker multiplies by the rows that it updates, for the samples of all.
  std::vector<char> shared_;
  // Whether the first weight is narrower than that. Then each worker multiplies the images where
  // they are stored by some columns, for the samples of all, and updates them; it has its own copy.
  bool by_columns_;
  Method method_;
  float lr_;
  int t_ = 0;
  float root_ = 0, rate_ = 0;  // of Adam in this step
  Tensor parameters_, m_, v_;  // each layer's from the start of a cache line
  Tensor gradient_;            // by columns: by the first product, of all samples
  std::vector<Buffers> buffers_;
  Workers& workers_;
  Barrier differentiated_, updated_;
};

}  // namespace reel::inline REEL_PRECISION
