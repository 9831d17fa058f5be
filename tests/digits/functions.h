// The functions of digits_test.cpp, for both precisions, and their comparison in double.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/checkpoint.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/digits.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/data/batches.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

namespace reel {

/// These are defined in digits_in_double.cpp, which is linked with reel::f64.
GradientDigits digits_in_double(std::string_view function, const GradientRecord& tested);
GradientDigits network_digits_in_double(const GradientRecord& tested, std::size_t hidden);
GradientDigits planted_digits_in_double(const GradientRecord& tested);
GradientDigits wide_digits_in_double(const GradientRecord& tested, std::string_view activation);

}  // namespace reel

namespace reel::inline REEL_PRECISION {
namespace digits_test {

inline constexpr bool is_float = std::is_same_v<Real, float>;

// 1.001·x in float, x in double.
inline Var wrong_value(const Var& x) {
  return record("planted", {x}, (is_float ? Real(1.001) : Real(1)) * x.value(),
                [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
}

// x, with a gradient that is wrong by the factor 1.001 in float.
inline Var wrong_gradient(const Var& x) {
  return record("planted", {x}, Real(1) * x.value(), [](auto& d, auto& g, auto, auto&) {
    d.add(0, (is_float ? Real(1.001) : Real(1)) * g);
  });
}

struct Function {
  std::string_view name;
  Var (*f)(std::span<const Var>);
};

inline const std::vector<Function>& functions() {
  using In = std::span<const Var>;
  static const std::vector<Function> all{
      {"well-conditioned", [](In x) { return sum(tanh(matmul(x[0], x[1])) * sigmoid(x[2])); }},
      {"offset", [](In x) { return sum(square((x[0] + Real(1e4)) - Real(1e4))); }},
      {"log(1 + x)", [](In x) { return sum(square(log(1 + x[0]))); }},
      {"variance", [](In x) { return sqrt(mean(square(x[0])) - square(mean(x[0]))); }},
      {"wrong value", [](In x) { return sum(square(tanh(wrong_value(exp(x[0]))))); }},
      {"wrong gradient", [](In x) { return sum(square(tanh(wrong_gradient(exp(x[0]))))); }},
      {"two offsets",
       [](In x) {
         const Var little = (x[0] + Real(100)) - Real(100), much = (x[0] + Real(1e4)) - Real(1e4);
         return sum(square(little)) + sum(square(much));
       }},
      {"wrong rule first",
       [](In x) {
         const Var v = exp(x[0]), planted = wrong_gradient(v);
         return sum(v * Real(0.125)) + sum(planted);
       }},
      {"wrong rule last",
       [](In x) {
         const Var v = exp(x[0]), scaled = v * Real(0.125);
         return sum(scaled) + sum(wrong_gradient(v));
       }},
      {"opposite rules",
       [](In x) {
         const Var v = exp(x[0]);
         return sum(v * exp(x[1])) - sum(v * exp(x[2]));
       }},
      {"odd parts",
       [](In x) {  // an operation of constants, a copy, x several times, a checkpoint, 0 = 0·x₁
         const Var c = exp(stop_gradient(x[0]));
         const auto part = [](const Var& v) { return tanh(v * v); };
         return sum(reshape(c, {4}) * checkpoint(part, x[0]) + x[0] * x[0]);
       }},
      {"other operations",
       [](In x) { return is_float ? sum(square(x[0])) : sum(tanh(square(x[0]))); }},
      {"fewer operations",
       [](In x) { return is_float ? sum(tanh(square(x[0]))) : sum(tanh(x[0])); }},
  };
  return all;
}

inline const Function& function(std::string_view name) {
  for (const Function& f : functions())
    if (f.name == name) return f;
  fail_usage("digits_test", "no function ", name, '.');
}

inline Var network_loss(const nn::Sequential& net) {
  Rng rng(2);
  Tensor images = uninitialized({8, 16});
  for (Real& x : images) x = static_cast<Real>(static_cast<float>(rng.uniform()));
  const Label labels[] = {0, 1, 2, 3, 0, 1, 2, 3};
  return nn::cross_entropy(net(images), labels);
}

inline nn::Sequential network(std::size_t hidden) {
  return nn::mlp({16, hidden, 4}, nn::relu, {.batch_norm = true});
}

inline nn::Sequential planted_network() {
  return nn::Sequential(nn::Linear(16, 8), nn::Function("planted", &wrong_value), nn::tanh,
                        nn::Linear(8, 4));
}

// Large enough for the kernels and the threads that training uses.
inline nn::Sequential wide_network(std::string_view activation) {
  return nn::mlp({784, 128, 32, 10}, nn::activation_by_name(activation));
}

// Of images that are stored as bytes; in double they are the same numbers as in float.
inline Var wide_loss(const nn::Sequential& net) {
  Rng rng(3);
  std::vector<std::uint8_t> bytes(64 * 784);
  Labels labels(64);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.below(256));
  for (auto& label : labels) label = static_cast<Label>(rng.below(10));
  const auto images = data::Dataset::from_bytes(std::move(bytes), {28, 28}, labels);
  const data::Batch batch = *data::batches(images, {.batch_size = 64}).begin();
  Tensor rounded = *batch.inputs;
  for (Real& x : rounded) x = static_cast<Real>(static_cast<float>(x));
  return nn::cross_entropy(net(is_float ? batch.inputs : SharedTensor(rounded)), batch.labels);
}

}  // namespace digits_test
}  // namespace reel::inline REEL_PRECISION
