// Plan: a model prepared for inference.
#pragma once

#include <cstddef>
#include <variant>
#include <vector>

#include <reel/nn/linear.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The computation of a model for batches of one size, as a list of steps: linear layers with
/// memory of their own, other parts by their `forward`. No tape, and no heap allocation after the
/// first runs. It reads the parameters at each run, so it follows training; the model must outlive
/// it and stay where it is, and be in eval mode if it has batch norm or dropout. One thread uses a
/// plan at a time; several plans may share a model.
///
///     model.eval();
///     Plan plan(model, {1, 784});
///     const Tensor& scores = plan(image);  // (1, 10)
class Plan {
 public:
  /// For inputs of this shape, such as {1, 784}. The memory is taken at the first run.
  Plan(const Module& model, const Shape& input);

  /// The model's output for x, which lasts until the next run. Throws Error if x is not of the
  /// shape planned for, and what the model would throw.
  const Tensor& operator()(const SharedTensor& x);
  const Shape& input() const noexcept { return input_; }

  // ---- for Module::plan

  /// The next step is a part as it is: its `forward`.
  void add(const Module& part);
  void add(const Linear& part, bool with_relu = false);

 private:
  struct Affine {
    const Linear* part;
    bool with_relu;
    SharedTensor result;
  };
  using Step = std::variant<const Module*, Affine>;

  SharedTensor run(Step& step, const SharedTensor& x) const;

  Shape input_;
  std::vector<Step> steps_;
  SharedTensor output_;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
