// Kernels on tensors so large that several threads share the work: the same numbers as a plain loop
// in double, and the same bits for any number of threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/autodiff/tensor/kernels.h>
#include <reel/optim/vectors.h>
#include <reel/train/evaluate.h>

#include "../random.h"
#include "../threads.h"

using namespace reel;

namespace {

// result() on one thread, after checking that more threads give the same bits.
Tensor on_any_number(const std::function<Tensor()>& result) {
  Tensor alone;
  for (const std::size_t count : {1u, 2u, 3u, 8u}) {
    const Threads set(count);
    const Tensor now = result();
    if (count == 1) alone = now;
    CAPTURE(count);
    CHECK(now == alone);
  }
  return alone;
}

// The largest difference of the elements, divided by the largest element of b.
double difference(const Tensor& a, const Tensor& b) {
  REQUIRE(a.shape() == b.shape());
  double most = 0, size = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
    most = std::max(most, std::abs(x - y));
    size = std::max(size, std::abs(y));
  }
  return most / size;
}

constexpr double rounding = 100 * double{std::numeric_limits<Real>::epsilon()};

// (outer, n, inner) → (outer, inner), folded in double.
template <class F>
Tensor folded(const Tensor& x, std::size_t outer, std::size_t n, std::size_t inner, double start,
              F f) {
  Tensor y = uninitialized({outer, inner});
  for (std::size_t o = 0; o < outer; ++o)
    for (std::size_t i = 0; i < inner; ++i) {
      double sum = start;
      for (std::size_t k = 0; k < n; ++k)
        sum = f(sum, static_cast<double>(x.data()[(o * n + k) * inner + i]));
      y(o, i) = static_cast<Real>(sum);
    }
  return y;
}

}  // namespace

TEST_CASE("large: reductions") {
  constexpr std::size_t sizes[][3] = {{1, 300001, 1}, {1, 1021, 513}, {3, 70000, 2},
                                      {5003, 31, 1},  {700, 13, 17},  {200000, 1, 1},
                                      {1, 2, 100003}, {2, 16, 40000}, {1, 66000, 33}};
  for (const auto& size : sizes) {
    const std::size_t outer = size[0], n = size[1], inner = size[2];
    CAPTURE(outer);
    CAPTURE(n);
    CAPTURE(inner);
    const Tensor x = random({outer, n, inner}, 1);
    const auto sum = [](double a, double b) { return a + b; };
    const auto max = [](double a, double b) { return std::max(a, b); };
    CHECK(difference(on_any_number([&] { return reel::sum(x, 1); }),
                     folded(x, outer, n, inner, 0, sum)) < rounding);
    CHECK(on_any_number([&] { return reel::max(x, 1); }) ==
          folded(x, outer, n, inner, -INFINITY, max));
  }
}

TEST_CASE("large: softmax along each axis") {
  const Tensor x = random({90, 60, 50}, 2);
  for (const int axis : {0, 1, 2}) {
    CAPTURE(axis);
    const Tensor y = on_any_number([&] { return softmax(x, axis); });
    CHECK(difference(on_any_number([&] { return reel::sum(y, axis); }),
                     full(reduced_shape(x.shape(), axis, false, "test"), 1)) < rounding);
    CHECK(difference(evaluate(xt::exp(on_any_number([&] { return log_softmax(x, axis); }))), y) <
          rounding);
    const Tensor ratio = evaluate(xt::exp(x) / y);  // constant over a lane
    CHECK(difference(reel::max(ratio, axis), reel::min(ratio, axis)) < rounding);
  }
}

TEST_CASE("large: cross-entropy, and the classes that are predicted") {
  constexpr std::size_t sizes[][2] = {{20011, 3}, {5003, 10}, {1501, 100}, {67, 1000}, {3, 20000}};
  for (const auto& size : sizes) {
    const std::size_t batch = size[0], classes = size[1];
    CAPTURE(batch);
    CAPTURE(classes);
    const Tensor x = random({batch, classes}, 3);
    Labels labels(batch), best(batch);
    double loss = 0;
    Tensor gradient = zeros({batch, classes});
    for (std::size_t i = 0; i < batch; ++i) {
      labels[i] = static_cast<Label>(i * 7 % classes);
      const Real* const row = x.data() + i * classes;
      double total = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        total += std::exp(static_cast<double>(row[c]));
        if (row[c] > row[best[i]]) best[i] = static_cast<Label>(c);
      }
      loss += std::log(total) - static_cast<double>(row[labels[i]]);
      for (std::size_t c = 0; c < classes; ++c)
        gradient(i, c) = static_cast<Real>(std::exp(static_cast<double>(row[c])) / total);
      gradient(i, static_cast<std::size_t>(labels[i])) -= 1;
    }
    const Tensor found = on_any_number([&] {
      Tape tape;
      const Var logits = tape.variable(x);
      const Var y = softmax_cross_entropy(logits, labels, Reduction::sum);
      Tensor both = uninitialized({x.size() + 1});
      const Tensor by_logits = grad(y, logits).value();
      std::copy(by_logits.begin(), by_logits.end(), both.begin());
      both.data()[x.size()] = y.item();
      return both;
    });
    CHECK(static_cast<double>(found.data()[x.size()]) == doctest::Approx(loss).epsilon(rounding));
    CHECK(difference(from_values(x.shape(), {found.data(), x.size()}), gradient) < rounding);
    for (const std::size_t count : {1u, 3u}) {
      const Threads set(count);
      CHECK(train::predicted_classes(x) == best);
    }
  }
}

TEST_CASE("large: functions of the C library, element by element") {
  const Tensor x = random({100003}, 4), y = random({100003}, 5);
  const Tensor one = on_any_number([&] {
    return map_elements(
        +[](Real v) { return std::cbrt(v); }, x);
  });
  const Tensor two = on_any_number([&] {
    return map_elements(
        "atan2", +[](Real v, Real w) { return std::atan2(v, w); }, x, y);
  });
  for (const std::size_t i : {0u, 2047u, 2048u, 50001u, 100002u}) {
    CHECK(one(i) == std::cbrt(x(i)));
    CHECK(two(i) == std::atan2(x(i), y(i)));
  }
}

TEST_CASE("large: products and sums of vectors") {
  const Tensor a = random({3000017}, 6), b = random({3000017}, 7);
  double expected = 0;
  for (const Real x : a) expected += static_cast<double>(x) * static_cast<double>(x);
  const double alone = optim::inner(a, a);
  CHECK(alone == doctest::Approx(expected).epsilon(1e-11));
  for (const std::size_t count : {1u, 2u, 3u, 8u}) {
    const Threads set(count);
    CHECK(optim::inner(a, a) == alone);
  }
  const Tensor sum = on_any_number([&] { return optim::along(a, 0.5, b); });
  for (const std::size_t i : {0u, 32767u, 32768u, 3000016u}) CHECK(sum(i) == a(i) + b(i) / 2);
}
