// Gradients by sample, and Jacobians by rows.
#include <doctest/doctest.h>

#include <reel/autodiff/engine/derivatives.h>
#include <reel/autodiff/engine/per_sample.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/losses.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../nn/models.h"
#include "../random.h"
#include "../throws.h"

using namespace reel;

namespace {

const Labels labels{0, 2, 1, 1, 0};
const Tensor five_rows = random({5, 4}, 3);

Var loss_of(const nn::Module& model, std::size_t begin, std::size_t end) {
  const Var rows = slice(Var(five_rows), 0, begin, end);
  return nn::cross_entropy(model(rows), std::span(labels).subspan(begin, end - begin),
                           Reduction::sum);
}

// A model whose two layers share a weight.
struct Tied : nn::Module {
  nn::Linear first{4, 4}, second{4, 4}, out{4, 3};
  Tied() { second.weight = first.weight; }
  Var forward(const Var& at) const override { return out(tanh(second(relu(first(at))))); }
  void visit(nn::Visitor& v) override { v("first", first), v("second", second), v("out", out); }
};

void check(nn::Module& model) {
  const auto parameters = model.parameters();
  Tape tape;
  const auto all = per_sample_gradients(loss_of(model, 0, 5), parameters);
  const Tensor norms = per_sample_gradient_norms(loss_of(model, 0, 5), parameters);
  REQUIRE(all.size() == parameters.size());
  for (std::size_t b = 0; b < 5; ++b) {
    const auto alone = grad(loss_of(model, b, b + 1), parameters);
    double squared = 0;
    for (std::size_t p = 0; p < parameters.size(); ++p) {
      const Tensor row = reel::reshape(reel::slice(all[p], 0, b, b + 1, 1), parameters[p].shape());
      CHECK(near(row, alone[p].value(), 1e-12, 1e-14));
      for (const Real g : alone[p].value()) squared += static_cast<double>(g) * g;
    }
    CHECK(near(norms(b), std::sqrt(squared), 1e-12));
  }
}

}  // namespace

TEST_CASE("per-sample gradients: as those of each sample alone") {
  auto plain = initialised(
      nn::Sequential(nn::Linear(4, 7), nn::relu, nn::Linear(7, 5), nn::tanh, nn::Linear(5, 3)));
  check(plain);
  Tied tied = initialised(Tied());
  check(tied);
}

TEST_CASE("per-sample gradients: other uses of a parameter are errors") {
  Tape tape;
  auto norm = initialised(nn::Sequential(nn::Linear(4, 3), nn::BatchNorm(3)));
  CHECK_ERROR("[per_sample_gradients] parameter \"1.",
              per_sample_gradients(loss_of(norm, 0, 5), norm.parameters()));
  auto bare = initialised(nn::Sequential(nn::Linear(4, 3, {.bias = false})));
  CHECK_ERROR("is used by matmul; only Linear layers with a bias",
              per_sample_gradients(loss_of(bare, 0, 5), bare.parameters()));
  auto model = initialised(nn::Sequential(nn::Linear(4, 3)));
  auto other = initialised(nn::Linear(4, 3));
  static_cast<void>(other(five_rows));
  CHECK_ERROR("the loss does not depend on parameter \"weight\"",
              per_sample_gradient_norms(loss_of(model, 0, 5), other.parameters()));
}

TEST_CASE("batch_jacobian: the Jacobian of each row") {
  auto model = initialised(nn::Sequential(nn::Linear(4, 6), nn::tanh, nn::Linear(6, 3)));
  const auto f = [&](const Var& at) { return model(at); };
  const Tensor all = batch_jacobian(f)(five_rows).value();
  CHECK(all.shape() == Shape{5, 3, 4});
  const Tensor full = jacobian(f)(five_rows).value();  // (5, 3, 5, 4)
  for (std::size_t b = 0; b < 5; ++b)
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 4; ++j) CHECK(near(all(b, i, j), full(b, i, b, j), 1e-12, 1e-15));
}

TEST_CASE("batch_jacobian: it can be differentiated again") {
  const auto f = [](const Var& at) { return at * at * at; };
  const auto total = [&](const Var& at) { return sum(batch_jacobian(f)(at)); };  // Σ 3x²
  const Tensor at = random({3, 2}, 5);
  CHECK(near(grad(total)(at).value(), Tensor(6 * at), 1e-13));
}

TEST_CASE("batch_jacobian: rows that depend on each other are an error") {
  CHECK_ERROR("[batch_jacobian] a row of f(x) depends on other rows of x. Hint:",
              batch_jacobian([](const Var& at) { return at - mean(at, 0, true); })(five_rows));
  CHECK_ERROR("[batch_jacobian] takes a function (batch,n) → (batch,m), got (5,4) → ()",
              batch_jacobian([](const Var& at) { return sum(at); })(five_rows));
}
