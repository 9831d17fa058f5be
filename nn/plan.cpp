// The steps of a plan and their memory.
#include <reel/nn/plan.h>

#include <reel/autodiff/gemm.h>
#include <reel/autodiff/kernels.h>
#include <reel/autodiff/tape.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

Plan::Plan(const Module& model, const Shape& input) : input_(input) { model.plan(*this); }

void Plan::add(const Module& part) { steps_.emplace_back(&part); }
void Plan::add(const Linear& part) { steps_.emplace_back(Affine{&part, {}}); }

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
  auto& [part, result] = std::get<Affine>(step);
  if (Observer::innermost()) return (*part)(x).shared();  // who is to be told of each operation
  part->expect_input(x->shape());
  if (!result) result = uninitialized({});
  Tensor& y = result.mutate();
  gemm(*x, false, part->weight.value(), true, 0, y);
  if (part->bias) add_row(y, part->bias.value());
  return result;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
