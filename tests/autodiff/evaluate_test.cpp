// Evaluating lazy expressions: the same values as from xtensor's own assignment, for all kinds of
// shapes.
#include <reel/autodiff/tensor/evaluate.h>

#include <doctest/doctest.h>

#include <xtensor/xbroadcast.hpp>

#include <reel/autodiff/core/rng.h>

namespace reel::inline REEL_PRECISION {
namespace {

Tensor random(const Shape& shape, Rng& rng) {
  Tensor t = uninitialized(shape);
  for (Real& x : t.storage()) x = static_cast<Real>(rng.normal());
  return t;
}

template <class E>
bool same(const Tensor& value, const E& expression) {
  const Tensor expected = expression;  // by xtensor
  return value.shape() == expected.shape() && value == expected;
}

}  // namespace

TEST_CASE("operands of one shape, of sizes around the vector length") {
  Rng rng(1);
  for (std::size_t n = 0; n < 70; ++n) {
    CAPTURE(n);
    const Tensor a = random({n}, rng), b = random({n}, rng);
    CHECK(same(evaluate(a * b - Real(2)), a * b - Real(2)));
    Tensor sum = a;
    const auto product = a * b;
    detail::add(sum, detail::Elementwise(product));
    CHECK(same(sum, a + a * b));
    add_to(sum, b);
    CHECK(same(sum, a + a * b + b));
  }
}

TEST_CASE("broadcast operands") {
  Rng rng(2);
  const std::vector<std::pair<Shape, Shape>> shapes{
      {{3, 4}, {4}},        {{3, 4}, {3, 1}},     {{3, 1}, {1, 4}}, {{3, 40}, {40}},  {{3, 40}, {}},
      {{2, 3, 40}, {3, 1}}, {{2, 1, 40}, {3, 1}}, {{0, 4}, {4}},    {{3, 0}, {3, 1}}, {{}, {1}}};
  for (const auto& [x, y] : shapes) {
    const std::string label = to_string(x) + " with " + to_string(y);
    CAPTURE(label);
    const Tensor a = random(x, rng), b = random(y, rng);
    CHECK(same(evaluate(a * b + a), a * b + a));
    CHECK(same(evaluate(b - a), b - a));
    const auto difference = a - b;  // an expression of it holds a reference
    CHECK(same(evaluate(a * difference), a * difference));
    // expressions that have no vectorised form
    CHECK(same(evaluate(xt::where(a > b, a, b)), xt::where(a > b, a, b)));
    const auto wide = a + xt::broadcast(b, broadcast_shape(x, y, "test"));
    CHECK(same(evaluate(wide), wide));
  }
}

TEST_CASE("a tensor is passed through, and moved if it may be") {
  Tensor a = full({100}, 3);
  const Real* data = a.data();
  CHECK(evaluate(a) == a);
  CHECK(evaluate(a).data() != data);
  CHECK(evaluate(std::move(a)).data() == data);
}

}  // namespace reel::inline REEL_PRECISION
