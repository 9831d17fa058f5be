// The fully connected layer.
#include <reel/nn/linear.h>

#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/product.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

Linear::Linear(std::size_t in, std::size_t out, const LinearOptions& options) {
  if (in == 0 || out == 0)
    fail_usage("linear", "takes at least 1 input and 1 output, got ", in, " and ", out, '.');
  weight = Parameter::uninitialised({out, in});
  weight.set_name("weight");
  if (!options.bias) return;
  bias = Parameter::uninitialised({out});
  bias.set_name("bias");
}

void Linear::expect_input(const Shape& shape) const {
  if (shape.size() != 2 || shape[1] != in())
    fail_usage(name().empty() ? "linear" : concat("linear \"", name(), '"'), "expects (batch,",
               in(), "), got ", to_string(shape), '.');
}

Var Linear::forward(const Var& x) const {
  expect_input(x.shape());
  return bias ? affine(x, weight, bias) : matmul(x, false, weight, true);
}

Var Linear::forward_relu(const Var& x) const {
  const Scope scope = own_scope();
  expect_input(x.shape());
  return bias ? affine_relu(x, weight, bias) : reel::relu(matmul(x, false, weight, true));
}

void Linear::visit(Visitor& v) {
  v("weight", weight);
  if (bias) v("bias", bias);
}

void Linear::reset(Init scheme, Rng& rng) {
  weight.set_value(initial_weight(out(), in(), scheme, rng));
  if (bias) bias.set_value(initial_bias(out(), in(), scheme, rng));
}

std::string Linear::describe() const {
  return concat("Linear(", in(), ", ", out(), bias ? "" : ", no bias", ')');
}

Linear Linear::clone() const {
  Linear copy(in(), out(), {.bias = static_cast<bool>(bias)});
  copy_state(*this, copy);
  return copy;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
