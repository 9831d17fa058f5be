// Gradients with products that are still to compute: what a sweep leaves, and rows of it.
#include <reel/autodiff/lazy_gradient.h>

#include <doctest/doctest.h>

#include <vector>

#include <reel/autodiff/anomaly.h>
#include <reel/autodiff/kernels.h>
#include <reel/autodiff/ops.h>
#include <reel/autodiff/tape.h>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace {

// Numbers of which no two are the same.
Tensor numbers(const Shape& shape, Real start) {
  Tensor x = uninitialized(shape);
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = start + Real(0.25) * static_cast<Real>(i * i % 23);
  return x;
}

Tensor computed(const LazyGradient& gradient) {
  Tensor all = uninitialized(gradient.shape());
  gradient.compute({0, all.size()}, false, all.data());
  return all;
}

// Of the loss by the parameters, as a sweep leaves them.
std::vector<LazyGradient> left_by(const Var& loss, const std::vector<Parameter>& parameters,
                                  Real weight = 1) {
  std::vector<LazyGradient> into(parameters.size());
  Tape::innermost()->backward(loss, weight, parameters, into);
  return into;
}

constexpr Real tolerance = sizeof(Real) == 8 ? Real(1e-13) : Real(1e-5);

TEST_CASE("lazy gradient: parts of it, with and without a product") {
  for (const bool ta : {false, true})
    for (const bool tb : {false, true}) {
      const LazyProduct product{numbers(ta ? Shape{2, 5} : Shape{5, 2}, 1),
                                numbers(tb ? Shape{4, 2} : Shape{2, 4}, -1), ta, tb};
      const Tensor dense = numbers({5, 4}, 3);
      const Tensor multiplied = matmul(*product.a, ta, *product.b, tb);
      const Tensor both = multiplied + dense;
      CHECK(product.shape() == Shape{5, 4});
      CHECK(near(computed(LazyGradient({}, product)), multiplied, tolerance));
      CHECK(near(computed(LazyGradient(dense, product)), both, tolerance));
      CHECK(computed(LazyGradient(SharedTensor(dense))) == dense);
      for (const bool add : {false, true}) {  // rows 1 and 2 alone
        Tensor rows = full({2, 4}, 7);
        LazyGradient(dense, product).compute({4, 12}, add, rows.data());
        for (std::size_t i = 0; i < 8; ++i)
          CHECK(near(rows.data()[i], both.data()[4 + i] + (add ? 7 : 0), 1e-4));
      }
    }
}

TEST_CASE("lazy gradient: an empty one has no shape") {
  CHECK_FALSE(LazyGradient());
  CHECK_ERROR("[gradient] is empty", LazyGradient().shape());
}

TEST_CASE("lazy gradient: parts that don't fit have no shape") {
  const LazyProduct product{full({5, 3}, 1), full({3, 7}, 1)};
  CHECK_ERROR("[gradient] a sum of shape (5) and a product of (5,7) don't add up.",
              LazyGradient(full({5}, 1), product).shape());
  CHECK_ERROR("a product of (5,3) and (3,7)ᵀ has no shape",
              LazyProduct{product.a, product.b, false, true}.shape());
  CHECK_ERROR("a product of (5,3)ᵀ and nothing", LazyProduct{product.a, {}, true}.shape());
  CHECK_ERROR("a product of (5) and (3,7)", LazyProduct{full({5}, 1), product.b}.shape());
}

TEST_CASE("lazy gradient: over an empty batch it is 0") {
  for (const std::size_t rows : {1u, 3u}) {
    const LazyProduct product{zeros({0, rows}), zeros({0, 4}), true};
    CHECK(computed(LazyGradient({}, product)) == zeros({rows, 4}));
    CHECK(computed(LazyGradient(full({rows, 4}, 2), product)) == full({rows, 4}, 2));
    const Parameter weight(full({rows, 4}, 1));
    Tape tape;
    const auto left = left_by(sum(matmul(Var(zeros({0, 4})), false, weight, true)), {weight});
    CHECK_FALSE(left[0].product);
    CHECK(computed(left[0]) == zeros({rows, 4}));
  }
}

TEST_CASE("lazy gradient: a wide layer's is left as the product of its factors") {
  const Parameter weight(numbers({8, 9}, -1)), bias(numbers({8}, 0)), narrow(numbers({2, 8}, 0));
  for (const bool with_relu : {false, true}) {
    Tape tape;
    const Var x = numbers({3, 9}, 0);
    const Var h = with_relu ? affine_relu(x, weight, bias) : tanh(affine(x, weight, bias));
    const Var loss = sum(square(matmul(h, false, narrow, true)));
    const auto left = left_by(loss, {weight, bias, narrow}, 3);
    CHECK(left[0].product);  // 3·9 + 3·8 numbers for 8·9
    CHECK_FALSE(left[0].sum);
    CHECK_FALSE(left[1].product);
    CHECK_FALSE(left[2].product);  // 3·2 + 3·8 for 2·8
    tape.backward(loss);
    CHECK(near(computed(left[0]), evaluate(3 * *weight.gradient()), 10 * tolerance, tolerance));
    CHECK(near(computed(left[1]), evaluate(3 * *bias.gradient()), 10 * tolerance, tolerance));
    CHECK(near(computed(left[2]), evaluate(3 * *narrow.gradient()), 10 * tolerance, tolerance));
    for (Parameter p : {weight, bias, narrow}) p.clear_gradient();
  }
}

TEST_CASE("lazy gradient: a weight that is used twice, and in another way") {
  const Parameter weight(numbers({6, 6}, -1));
  Tape tape;
  const Var once = matmul(Var(numbers({1, 6}, 0)), false, weight, true);
  const Var loss = sum(square(matmul(once, false, weight, true))) + sum(exp(weight));
  const auto left = left_by(loss, {weight});
  CHECK(left[0].product);
  CHECK(left[0].sum);
  tape.backward(loss);
  CHECK(near(computed(left[0]), *weight.gradient(), tolerance, tolerance));
}

TEST_CASE("lazy gradient: only a parameter is left a product, not what was made of one") {
  const Parameter weight(numbers({9, 9}, -1));
  Tape tape;
  const Var loss = sum(matmul(Var(numbers({1, 9}, 0)), false, tanh(weight), true));
  const auto left = left_by(loss, {weight});
  CHECK_FALSE(left[0].product);
  tape.backward(loss);
  CHECK(near(computed(left[0]), *weight.gradient(), tolerance, tolerance));
}

TEST_CASE("lazy gradient: none refers to a parameter, which the next step changes") {
  const Parameter tall(numbers({9, 9}, 0)), thin(numbers({9, 1}, 1));
  Tape tape;
  const Var loss = sum(matmul(tall, thin));
  CHECK_FALSE(left_by(loss, {tall})[0].product);  // by tall it is g·thinᵀ
  const Var alias = matmul(tall, Var(Var(thin).shared()));
  CHECK_FALSE(left_by(sum(alias), {tall})[0].product);
}

TEST_CASE("lazy gradient: a factor that others keep adding to stays as it was") {
  const Parameter weight(numbers({9, 9}, 0));
  Tape tape;
  const Var x = tape.variable(numbers({1, 9}, 0));
  const Var y = matmul(x, false, weight, true);
  const Var loss = sum(y + y * Real(2) + square(x));  // g passes through the sum to its parts
  const auto left = left_by(loss, {weight});
  CHECK(left[0].product);
  tape.backward(loss);
  CHECK(near(computed(left[0]), *weight.gradient(), tolerance, tolerance));
}

TEST_CASE("lazy gradient: an observer is told of every number") {
  const Parameter weight(numbers({9, 9}, 0));
  Tape tape;
  const Var loss = sum(matmul(Var(numbers({1, 9}, 0)), false, weight, true));
  const AnomalyMode anomaly;
  const auto left = left_by(loss, {weight});
  CHECK_FALSE(left[0].product);
  CHECK(left[0].sum);
}

}  // namespace
}  // namespace reel::inline REEL_PRECISION
