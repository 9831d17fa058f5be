// The fused softmax cross-entropy: any number of rows and classes, and logits that are not finite.
#include <doctest/doctest.h>

#include <cmath>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/activation.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/loss.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/tensor/evaluate.h>
#include <reel/autodiff/tensor/kernels.h>

#include "../near.h"
#include "../random.h"
#include "../special_values.h"

namespace reel::inline REEL_PRECISION {
namespace {

// The totals of equal rows are 10 each; their product, 10^batch, overflows.
TEST_CASE("softmax_cross_entropy: of many rows") {
  for (const std::size_t batch : {1u, 30u, 40u, 41u, 300u, 310u, 1000u})
    for (const bool equal : {true, false}) {
      CAPTURE(batch);
      Tensor logits = full({batch, 10}, 1000);
      if (!equal)
        for (std::size_t i = 0; i < batch; ++i) logits(i, 3) += 100;
      const double loss =
          softmax_cross_entropy(Var(logits), Labels(batch, 3), Reduction::sum).item();
      const double expected = equal ? static_cast<double>(batch) * std::log(10.0) : 0;
      CHECK(std::abs(loss - expected) <=
            4 * eps * expected * std::sqrt(static_cast<double>(batch)));
    }
}

// The loss and its gradient, from log_softmax row by row.
TEST_CASE("softmax_cross_entropy: of any number of rows and classes") {
  for (const std::size_t batch : {1u, 2u, 7u, 15u, 16u, 17u, 33u, 64u})
    for (const std::size_t classes : {1u, 2u, 10u, 31u, 32u, 33u, 50u})
      for (const Real size : {Real(1), Real(1000)}) {
        CAPTURE(batch);
        CAPTURE(classes);
        CAPTURE(size);
        Rng rng(batch);
        Labels labels(batch);
        for (Label& label : labels) label = static_cast<Label>(rng.below(classes));
        const Tensor x = evaluate(size * random({batch, classes}, 1));
        const Tensor log_p = log_softmax(x);
        double expected = 0;
        for (std::size_t i = 0; i < batch; ++i)
          expected -= log_p(i, static_cast<std::size_t>(labels[i]));
        Tape tape;
        const Var logits = tape.variable(x);
        const Var loss = softmax_cross_entropy(logits, labels, Reduction::sum);
        const double n = static_cast<double>(batch);
        CHECK(near(loss.item(), expected, 8 * eps * n, 8 * eps * n));
        const Tensor gradient = grad(loss, logits).value();
        for (std::size_t i = 0; i < batch; ++i)
          for (std::size_t c = 0; c < classes; ++c) {
            const double p = std::exp(double(log_p(i, c)));
            CHECK(near(gradient(i, c), p - (labels[i] == Label(c)), 0, 40 * eps * double(size)));
          }
      }
}

TEST_CASE("softmax_cross_entropy: one infinite logit") {
  Tensor x = zeros({3, 4});
  x(0, 1) = inf;
  x(1, 1) = -inf;
  Tape tape;
  const Var logits = tape.variable(x);
  const Tensor gradient =
      grad(softmax_cross_entropy(logits, Labels(3, 0), Reduction::sum), logits).value();
  CHECK(std::isnan(gradient(0, 1)));
  CHECK(gradient(0, 0) == -1);  // the other classes have probability 0
  CHECK(gradient(0, 2) == 0);
  CHECK(gradient(1, 1) == 0);
  CHECK(near(gradient(1, 2), 1. / 3, 4 * eps));
}

TEST_CASE("softmax_cross_entropy: what is no number stays in its row") {
  for (const Real wrong : {nan, inf, -inf})
    for (const std::size_t row : {0u, 15u, 16u, 18u}) {
      Tensor x = random({19, 4}, 1);
      for (std::size_t c = 0; c < 4; ++c) x(row, c) = wrong;
      Tape tape;
      const Var logits = tape.variable(x);
      const Var loss = softmax_cross_entropy(logits, Labels(19, 2), Reduction::sum);
      CHECK_FALSE(std::isfinite(loss.item()));
      const Tensor gradient = grad(loss, logits).value();
      for (std::size_t i = 0; i < 19; ++i)
        for (std::size_t c = 0; c < 4; ++c) CHECK(std::isfinite(gradient(i, c)) == (i != row));
    }
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
