// The fast mode of the gradient checker: random directions in place of each entry.
#include <reel/autodiff/inspect/check.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
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

TEST_CASE("fast mode: one number near 0 among many costs no more than many of 1e-12") {
  const auto calls_with = [](Real small) {
    Tensor x = full({200}, 1e-3);
    x(150) = small;
    std::size_t calls = 0;
    const auto f = [&](Vars v) {
      ++calls;
      return sum(record("planted", {v[0]}, v[0].value(),  // wrong, so that all steps are tried
                        [](auto& d, auto& g, auto, auto&) { d.add(0, Real(1.01) * g); }));
    };
    CHECK(!check_gradients(f, {x}, {.order = 1, .fast = true}).ok);
    return calls;
  };
  const std::size_t usual = calls_with(1e-12);
  CHECK(calls_with(1e-300) < 2 * usual);
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
  constexpr std::size_t n = REEL_SANITIZED ? 10'000 : 100'000, wrong = n / 2 + 55;
  Tensor x = ramp({n}, 0.3, 1e-5);
  for (std::size_t i = 0; i < n; i += 100) x.data()[i] = 0;
  Tensor nothing = zeros({n}), one = zeros({n});
  one(wrong) = Real(0.5);
  for (const int order : {1, 2})
    for (const int wrong_at : {0, 1, 2}) {  // 0: right
      if (wrong_at > order) continue;
      // exp, whose slope is wrong by a factor at one element, or constant there to one half
      const SharedTensor more(wrong_at == 1 ? one : nothing), fixed(wrong_at == 2 ? one : nothing);
      std::size_t calls = 0;
      const auto f = [&](Vars v) {
        if (++calls == 2000) throw std::runtime_error("too many calls");
        const SharedTensor value(Tensor(xt::exp(v[0].value())));
        const Var planted = record("planted", {v[0]}, *value, [=](auto& d, auto& g, auto, auto& y) {
          d.add(0, g * (Real(1) + d.constant(more)) *
                       (y + d.constant(fixed) * (d.constant(value) - y)));
        });
        return sum(relu(v[0]) + planted);
      };
      const CheckReport report = check_gradients(f, {x}, {.order = order, .fast = true});
      CAPTURE(order);
      CAPTURE(wrong_at);
      CAPTURE(report);
      CHECK(report.ok == (wrong_at == 0));
      if (report.ok) {
        CHECK(report.kinks == 3);  // one in each projection
        CHECK(report.skipped == (order == 2 ? 3 : 0));
      } else {
        CHECK(report.order == wrong_at);
        CHECK(report.element == wrong);
        CHECK(report.operation == "planted");
      }
    }
}

}  // namespace reel::inline REEL_PRECISION
