// Schedules by name: each is the schedule that its row says, after a warm-up; and errors.
#include <reel/optim/schedules.h>

#include <doctest/doctest.h>

#include <cmath>

#include "../near.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

void check_equal(const Rate& rate, const Rate& expected) {
  for (std::size_t t = 0; t <= 30; ++t) {
    INFO("t = " << t);
    CHECK(rate(0.5, t) == expected(0.5, t));
  }
}

TEST_CASE("schedules by name: each name has its schedule") {
  const NamedScheduleOptions options{.length = 30, .least = 0.01, .every = 7, .factor = 0.5};
  check_equal(schedule_by_name("constant", options), [](double base, std::size_t) { return base; });
  check_equal(schedule_by_name("linear", options), linear_decay(30, 0.01));
  check_equal(schedule_by_name("cosine", options), cosine(30, 0.01));
  check_equal(schedule_by_name("restarts", options), cosine_restarts(7, 1, 0.01));
  check_equal(schedule_by_name("step", options), step_decay(7, 0.5));
  check_equal(schedule_by_name("exponential", options), exponential(std::pow(0.5, 1.0 / 7)));
  check_equal(schedule_by_name("one-cycle", options), one_cycle(30));
  CHECK(schedule_names().size() == 7);
  for (const std::string_view name : schedule_names()) {
    INFO(name);
    CHECK(schedule_by_name(name, {.length = 1})(0.5, 0) > 0);
    CHECK(schedule_by_name(name, {.length = 2, .warm_up = 2})(0.5, 1) == doctest::Approx(0.5));
  }
}

TEST_CASE("schedules by name: without `every`, a rate falls in thirds of the run") {
  check_equal(schedule_by_name("step", {.length = 30}), step_decay(10));
  check_equal(schedule_by_name("step", {.length = 2}), step_decay(1));
}

TEST_CASE("schedules by name: the warm-up ends at the base, and the rest of the run follows") {
  const Rate rate = schedule_by_name("cosine", {.length = 30, .warm_up = 10});
  CHECK(rate(0.5, 0) == doctest::Approx(0.05));
  CHECK(rate(0.5, 4) == doctest::Approx(0.25));
  CHECK(rate(0.5, 9) == doctest::Approx(0.5));
  CHECK(rate(0.5, 10) == 0.5);
  CHECK(rate(0.5, 20) == doctest::Approx(0.25));
  CHECK(rate(0.5, 30) == doctest::Approx(0));
  check_equal(schedule_by_name("one-cycle", {.length = 30, .warm_up = 6}),
              one_cycle(30, {.rise = 0.2}));
}

TEST_CASE("linear decay: its ends, and errors") {
  CHECK(linear_decay(10, 0.1)(0.5, 0) == 0.5);
  CHECK(linear_decay(10, 0.1)(0.5, 5) == doctest::Approx(0.3));
  CHECK(linear_decay(10, 0.1)(0.5, 10) == 0.1);
  CHECK(linear_decay(10, 0.1)(0.5, 11) == 0.1);
  CHECK_ERROR("length = 0", linear_decay(0));
  CHECK_ERROR("least", linear_decay(1, -1));
}

TEST_CASE("schedules by name: errors") {
  CHECK_ERROR("one of constant, linear, cosine, ", schedule_by_name("cosin", {}));
  CHECK_ERROR("length = 0", schedule_by_name("cosine", {.length = 0}));
  CHECK_ERROR("warm_up = 6", schedule_by_name("cosine", {.length = 5, .warm_up = 6}));
  CHECK_ERROR("warm_up = 6", schedule_by_name("one-cycle", {.length = 5, .warm_up = 6}));
  CHECK_ERROR("least", schedule_by_name("cosine", {.least = -1}));
  CHECK_ERROR("factor", schedule_by_name("step", {.factor = 0}));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
