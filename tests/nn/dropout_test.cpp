// Dropout: how many elements it drops, what it does to the others, in which mode, with which
// numbers.
#include <reel/nn/dropout.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/engine/checkpoint.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/nn/linear.h>
#include <reel/nn/plan.h>
#include <reel/nn/sequential.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

Tensor dropped(const Dropout& layer, const Tensor& x, std::uint64_t seed = 1) {
  Rng rng(seed);
  const RandomScope scope(rng);
  return layer(x).value();
}

TEST_CASE("dropout: leaves out a share of p, and the rest makes up for it") {
  const Tensor x = full({400, 25}, 3);
  for (const double p : {0.1, 0.5, 0.9}) {
    CAPTURE(p);
    constexpr int passes = 100;
    double chi_square = 0;  // over that many counts
    for (int seed = 1; seed <= passes; ++seed) {
      const double n = static_cast<double>(x.size());
      double zeros = 0;
      for (const Real v : dropped(Dropout(p), x, static_cast<std::uint64_t>(seed))) {
        REQUIRE((v == 0 || near(v, 3 / (1 - p), 1e-15)));
        zeros += v == 0;
      }
      chi_square += (zeros - n * p) * (zeros - n * p) / (n * p * (1 - p));
    }
    CHECK(std::abs(chi_square - passes) < 4 * std::sqrt(2.0 * passes));
  }
}

TEST_CASE("dropout: rows of a large batch, drawn by several threads, all differ") {
  constexpr std::size_t rows = 300, columns = 400;
  const Tensor mask = dropped(Dropout(0.5), full({rows, columns}, 1));
  std::set<std::vector<Real>> seen;
  for (std::size_t i = 0; i < rows; ++i)
    seen.emplace(mask.data() + i * columns, mask.data() + (i + 1) * columns);
  CHECK(seen.size() == rows);
}

TEST_CASE("dropout: each number, each row, each call and each pass is drawn by itself") {
  const Dropout layer;
  const Tensor x = full({2, 200}, 1);
  Rng rng(1);
  Tensor first, second, next;
  {
    const RandomScope scope(rng);
    first = layer(x).value();
    second = layer(x).value();
  }
  const RandomScope scope(rng);
  next = layer(x).value();
  const auto in_common = [](const Real* a, const Real* b) {
    int equal = 0;
    for (int i = 0; i < 200; ++i) equal += a[i] == b[i];
    return equal;
  };
  const auto unrelated = [](int equal) { return equal > 60 && equal < 140; };  // of 200, 100 ± 7
  CHECK(unrelated(in_common(first.data(), first.data() + 200)));
  CHECK(unrelated(in_common(first.data(), second.data())));
  CHECK(unrelated(in_common(first.data(), next.data())));
  CHECK(unrelated(in_common(first.data(), first.data() + 199)));
  CHECK(dropped(layer, x, 7) == dropped(layer, x, 7));
}

TEST_CASE("dropout: in eval mode and with p = 0 all pass, and nothing is drawn") {
  const Tensor x = matrix({{1, 2}, {3, 4}});
  Dropout layer;
  layer.eval();
  CHECK(layer(x).value() == x);
  CHECK(Dropout(0)(x).value() == x);
  Sequential model(Linear(2, 2), Dropout());
  Rng rng(1);
  init(model, rng);
  model.eval();
  Plan plan(model, {2, 2});
  CHECK(plan(x) == model(x).value());
}

TEST_CASE("dropout: the gradient passes where the number did") {
  const Dropout layer(0.3);
  Rng rng(1);
  const RandomScope scope(rng);
  Tape tape;
  const Var x = tape.variable(full({8, 9}, 2));
  const Var y = layer(x);
  const Var g = grad(sum(y), x);
  CHECK(near(g.value(), evaluate(y.value() / 2), 1e-15));
}

TEST_CASE("dropout: a checkpointed segment draws the same when it is computed again") {
  const Dropout layer;
  const Tensor x = full({6, 7}, 1);
  Rng rng(1);
  Tape tape;
  const Var v = tape.variable(x);
  Var y, after;
  {
    const RandomScope scope(rng);
    layer(x);
    y = checkpoint([&](const Var& in) { return layer(layer(in)); }, v);
    after = layer(x);
  }
  CHECK(near(grad(sum(y), v).value(), y.value(), 1e-15));  // outside the random scope
  Rng same(1);
  const RandomScope scope(same);
  layer(x);
  CHECK(layer(layer(x)).value() == y.value());
  CHECK(layer(x).value() == after.value());
}

TEST_CASE("dropout: shapes of all kinds, and numbers that are not finite") {
  for (const Shape& shape : {Shape{0, 3}, Shape{3, 0}, Shape{1}, Shape{2, 3, 4}}) {
    CAPTURE(to_string(shape));
    CHECK(dropped(Dropout(), full(shape, 1)).shape() == shape);
  }
  const Tensor y = dropped(Dropout(), full({50}, std::numeric_limits<Real>::quiet_NaN()));
  for (const Real v : y) CHECK(std::isnan(v));
  CHECK_ERROR("[dropout] takes (batch, …), got one number", dropped(Dropout(), scalar(1)));
}

TEST_CASE("dropout: what it is, and what it refuses") {
  CHECK(Dropout(0.25).describe() == "Dropout(0.25)");
  CHECK(clone(Dropout(0.25)).describe() == "Dropout(0.25)");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double p : {-0.1, 1.0, 2.0, nan}) CHECK_ERROR("[dropout] p ", Dropout(p));
  Sequential model(Linear(2, 2), Dropout());
  Rng rng(1);
  init(model, rng);
  CHECK_ERROR("[dropout \"1\"] draws at random in training, and no RandomScope is alive. Hint: ",
              model(full({1, 2}, 1)));
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
