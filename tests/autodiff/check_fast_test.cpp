// The fast mode of the gradient checker: random directions in place of each entry.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>

#include "checked_functions.h"

namespace reel::inline REEL_PRECISION {

TEST_CASE("fast mode finds one wrong entry among ten thousand") {
  Tensor x = uninitialized({100, 100});
  Rng rng(1);
  for (Real& v : x.storage()) v = static_cast<Real>(rng.normal());
  for (const std::size_t wrong : {0U, 4711U, 9999U}) {
    Tensor factor = full({100, 100}, 1);
    factor.data()[wrong] = Real(1.01);
    std::size_t calls = 0;
    const auto f = [&](Vars v) {
      ++calls;
      return sum(record("planted", {v[0]}, xt::exp(v[0].value()),
                        [c = SharedTensor(factor)](auto& d, auto& g, auto, auto& y) {
                          d.add(0, g * y * d.constant(c));
                        }));
    };
    const CheckReport report = check_gradients(f, {x}, {.fast = true});
    CHECK(!report.ok);
    CHECK(report.element == wrong);
    CHECK(report.index == Shape{wrong / 100, wrong % 100});
    CHECK(report.width == 1);
    CHECK(report.projected);
    CHECK(std::abs(report.analytic / report.numeric - 1.01) < 1e-5);
    CHECK(calls < 1000);
    factor.data()[wrong] = 1;
    calls = 0;
    CHECK(check_gradients(f, {x}, {.fast = true}).ok);
    CHECK(calls < 40);
  }
}

TEST_CASE("fast mode: errors that cancel in a sum of equal weights, and seeds") {
  const auto opposite = [](Vars v) {  // wrong by +1 and −1
    return record("planted", {v[0]}, v[0].value(),
                  [c = SharedTensor(vector({2, 0}))](auto& d, auto& g, auto, auto&) {
                    d.add(0, g * d.constant(c));
                  });
  };
  const auto moved = [](Vars v) {  // errors that add up to 0 over all entries of the Jacobian
    return record("planted", {v[0]}, v[0].value(), [](auto& d, auto& g, auto, auto&) {
      d.add(0, reel::matmul(Tensor(matrix({{2, -1}, {-1, 2}})), false, reel::reshape(g, {2, 1}),
                            false));
    });
  };
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CHECK(
        !check_gradients(opposite, {vector({1, 2})}, {.fast = true, .projections = 1, .seed = seed})
             .ok);
    CHECK(!check_gradients(moved, {matrix({{1}, {2}})},
                           {.fast = true, .projections = 1, .seed = seed})
               .ok);
  }
  const auto value = [&](std::uint64_t seed) {
    return check_gradients(opposite, {vector({1, 2})}, {.fast = true, .seed = seed}).analytic;
  };
  CHECK(value(1) == value(1));
  CHECK(value(1) != value(2));
}

TEST_CASE("checker: in fast mode many kinks cost no more than a few, and hide no wrong entry") {
  constexpr std::size_t n = 100'000;
  Tensor x = ramp({n}, 0.3, 1e-5);
  for (std::size_t i = 0; i < n; i += 100) x.data()[i] = 0;
  for (const Real factor : {Real(1), Real(1.5)}) {
    std::size_t calls = 0;
    Tensor slope = full({n}, 1);
    slope(55'555) = factor;
    const auto f = [&](Vars v) {
      ++calls;
      const Var planted = record("planted", {v[0]}, xt::exp(v[0].value()),
                                 [c = SharedTensor(slope)](auto& d, auto& g, auto, auto& y) {
                                   d.add(0, g * y * d.constant(c));
                                 });
      return sum(relu(v[0]) + planted);
    };
    const CheckReport report = check_gradients(f, {x}, {.order = 1, .fast = true});
    CAPTURE(report);
    CAPTURE(calls);
    CHECK(report.ok == (factor == 1));
    CHECK(calls < 2000);
    if (!report.ok) {
      CHECK(report.element == 55'555);
      CHECK(report.operation == "planted");
    } else {
      CHECK(report.kinks == 3);  // one in each projection
    }
  }
}

}  // namespace reel::inline REEL_PRECISION
