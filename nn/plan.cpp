// Runs the steps of a plan, and allocates their memory.
#include <reel/nn/plan.h>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/autodiff/tensor/kernels.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

Plan::Plan(const Module& model, const Shape& input) : input_(input) { model.plan(*this); }

void Plan::add(const Module& part) { steps_.emplace_back(&part); }
void Plan::add(const Linear& part, bool with_relu) {
  steps_.emplace_back(Affine{&part, with_relu, {}});
}

const Tensor& Plan::operator()(const SharedTensor& x) {
  if (x->shape() != input_)
    fail_usage("plan", "was made for ", to_string(input_), ", got ", to_string(x->shape()), '.');
  const NoTape no_tape;
  output_ = x;
  for (Step& step : steps_) output_ = run(step, output_);
  return *output_;
}

SharedTensor Plan::run(Step& step, const SharedTensor& x) const {
  if (const auto* part = std::get_if<const Module*>(&step)) return (**part)(x).shared();
  auto& [part, with_relu, result] = std::get<Affine>(step);
  if (Observer::innermost())  // observers must receive every operation
    return (with_relu ? part->forward_relu(x) : (*part)(x)).shared();
  part->expect_input(x->shape());
  if (!result) result = uninitialized({});
  Tensor& y = result.mutate();
  gemm(*x, false, part->weight.value(), true, 0, y);
  if (part->bias)
    (with_relu ? add_row_relu : add_row)(y, part->bias.value());
  else if (with_relu)
    y = evaluate(xt::maximum(Real(0), y));
  return result;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
