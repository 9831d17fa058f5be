// Plan: a model prepared for inference.
#pragma once

#include <cstddef>
#include <variant>
#include <vector>

#include <reel/nn/linear.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// The computation of a model for batches of one size, as a list of steps. Linear layers write to
/// memory of the plan; other parts run by their `forward`. No tape is needed, and after the first
/// runs there is no heap allocation. Each run reads the parameters anew, so a plan uses the latest
/// weights. The model must outlive the plan and must not move; put it into eval mode if it has
/// batch norm or dropout. Only one thread may use a plan at a time; several plans may share a
/// model.
///
///     model.eval();
///     Plan plan(model, {1, 784});
///     const Tensor& scores = plan(image);  // (1, 10)
class Plan {
 public:
  /// A plan for inputs of this shape, such as {1, 784}. The first run allocates the memory.
  Plan(const Module& model, const Shape& input);

  /// The model's output for x; valid until the next run. Throws Error if x does not have the
  /// planned shape, and in all cases in which the model throws.
  const Tensor& operator()(const SharedTensor& x);
  /// The shape of the input.
  const Shape& input() const noexcept { return input_; }

  // ---- for Module::plan

  /// Adds a part as one step: its `forward`.
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
