// Schedules: PyTorch's rates (golden/schedules.json), compositions, states, and errors.
#include <reel/optim/schedule.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "schedules.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

Rate make_rate(const std::string& schedule, Json& o) {
  std::size_t every = 0, length = 0, stretch = 1;
  double factor = 0.1, least = 0, from = 1.0 / 3;
  std::vector<std::size_t> at;
  OneCycleOptions cycle;
  if (schedule == "linear_warm_up" && o.empty()) return linear_warm_up();
  take(o, "length", length);
  if (schedule == "step_decay") {
    take(o, "every", every);
    take(o, "factor", factor);
    return step_decay(every, factor);
  }
  if (schedule == "multi_step") {
    take(o, "at", at);
    take(o, "factor", factor);
    return multi_step(at, factor);
  }
  if (schedule == "exponential") {
    take(o, "factor", factor);
    return exponential(factor);
  }
  if (schedule == "linear_decay") return linear_decay(length);
  if (schedule == "cosine") {
    take(o, "least", least);
    return cosine(length, least);
  }
  if (schedule == "cosine_restarts") {
    take(o, "stretch", stretch);
    take(o, "least", least);
    return cosine_restarts(length, stretch, least);
  }
  if (schedule == "linear_warm_up") {
    take(o, "from", from);
    return linear_warm_up(length, from);
  }
  if (schedule == "one_cycle") {
    take(o, "rise", cycle.rise);
    take(o, "start_divisor", cycle.start_divisor);
    take(o, "end_divisor", cycle.end_divisor);
    take(o, "linear", cycle.linear);
    take(o, "three_phases", cycle.three_phases);
    return one_cycle(length, cycle);
  }
  FAIL("there is no schedule " << schedule);
  return {};
}

Rate make_rate(const Json& golden_case) {
  if (golden_case["schedule"] == "sequence") {
    std::vector<Rate> parts;
    for (const Json& part : golden_case["parts"]) parts.push_back(make_rate(part));
    return sequence(parts, golden_case["starts"].get<std::vector<std::size_t>>());
  }
  Json options = golden_case["options"];
  const Rate rate = make_rate(golden_case["schedule"].get<std::string>(), options);
  REQUIRE_MESSAGE(options.empty(), options.dump());
  return rate;
}

TEST_CASE("schedule: the rates of both groups are PyTorch's") {
  const Json file = golden_schedules();
  REQUIRE(file["base"] == Json{0.1, 0.03});
  std::map<std::string, int> cases;
  for (const Json& golden_case : file["cases"]) {
    const std::string name = golden_case["schedule"];
    ++cases[name];
    CAPTURE(golden_case.value("options", golden_case.value("parts", Json())).dump());
    Sgd sgd = two_groups(0.1, 0.03);
    Schedule schedule(sgd, make_rate(golden_case));
    const Json& rates = golden_case["rates"];
    REQUIRE(rates.size() == 44);
    for (std::size_t t = 0; t < rates.size(); ++t) {
      CAPTURE(t);
      CHECK(schedule.t() == t);
      CHECK(near(sgd.lr(0), rates[t][0].get<double>(), 1e-12));
      CHECK(near(sgd.lr(1), rates[t][1].get<double>(), 1e-12));
      schedule.step();
    }
  }
  // Detects a case that is missing in the file.
  CHECK(cases == std::map<std::string, int>{{"step_decay", 3},
                                            {"multi_step", 2},
                                            {"exponential", 2},
                                            {"linear_decay", 3},
                                            {"cosine", 4},
                                            {"cosine_restarts", 4},
                                            {"linear_warm_up", 3},
                                            {"one_cycle", 6},
                                            {"sequence", 3}});
}

TEST_CASE("schedule: rates by hand") {
  const Rate cut = step_decay(3, 0.5), twice = multi_step({4, 2, 4}, 0.5), none = multi_step({});
  CHECK(cut(8, 2) == 8);
  CHECK(cut(8, 3) == 4);
  CHECK(cut(8, 7) == 2);
  CHECK(twice(8, 1) == 8);
  CHECK(twice(8, 2) == 4);
  CHECK(twice(8, 4) == 1);
  CHECK(none(8, 1000) == 8);
  CHECK(multi_step({0}, 0.5)(8, 0) == 4);
  CHECK(exponential(2)(3, 10) == 3072);
  CHECK(near(cosine(4, 2)(10, 1), 6 + 4 * std::sqrt(0.5), 1e-15));
  CHECK(cosine(4, 2)(10, 4) == 2);
  CHECK(cosine(4, 2)(10, 8) == 10);
  CHECK(cosine_restarts(4, 1, 2)(10, 4) == 10);
  CHECK(linear_warm_up(4, 0)(8, 0) == 0);
  CHECK(linear_warm_up(4, 0)(8, 3) == 6);
  CHECK(linear_warm_up(4, 0)(8, most) == 8);
  // an argument that is not given has PyTorch's default
  CHECK(step_decay(3)(8, 3) == step_decay(3, 0.1)(8, 3));
  CHECK(multi_step({3})(8, 3) == multi_step({3}, 0.1)(8, 3));
  CHECK(cosine(4)(8, 1) == cosine(4, 0)(8, 1));
  CHECK(cosine_restarts(4)(8, 5) == cosine_restarts(4, 1, 0)(8, 5));
  CHECK(linear_warm_up(6)(8, 1) == linear_warm_up(6, 1.0 / 3)(8, 1));
}

TEST_CASE("schedule: restarts at any time and of any length") {
  const std::size_t half = std::size_t{1} << 63;
  for (const std::size_t stretch : {half, most}) {
    const Rate rate = cosine_restarts(2, stretch);
    CHECK(rate(1, 1) == 0.5);
    CHECK(rate(1, 2) == 1);
    CHECK(near(rate(1, half), 0.5, 1e-12));
    CHECK(rate(1, most) < 1e-12);
  }
  CHECK(cosine_restarts(10)(1, most) == cosine_restarts(10)(1, 5));  // 2⁶⁴ − 1 = …5
}

TEST_CASE("schedule: one cycle of one or two steps, and one that only rises") {
  CHECK(one_cycle(1, {.start_divisor = 4, .end_divisor = 2})(8, 0) == 1);
  CHECK(one_cycle(2, {.rise = 0.5, .start_divisor = 4})(8, 0) == 8);
  const Rate rise = one_cycle(5, {.rise = 1, .start_divisor = 4, .linear = true});
  for (std::size_t t = 0; t < 9; ++t)
    CHECK(near(rise(8, t), t < 4 ? 2 + 1.5 * static_cast<double>(t) : 8, 1e-15));
  const Rate three = one_cycle(9, {.start_divisor = 4, .end_divisor = 2, .three_phases = true});
  CHECK(near(three(8, 8), 1, 1e-15));
  CHECK(three(8, most) == three(8, 8));
}

TEST_CASE("schedule: rates are functions, and functions of them are rates") {
  Sgd sgd = two_groups(1, 4);
  const Rate warm = linear_warm_up(4, 0), fall = exponential(0.5);
  Schedule schedule(sgd, [=](double base, std::size_t t) { return warm(fall(base, t), t); });
  for (std::size_t t = 0; t < 8; ++t, schedule.step()) {
    const auto time = static_cast<double>(t);
    const double rate = std::min(time / 4, 1.0) * std::pow(0.5, time);
    CHECK(sgd.lr(0) == rate);
    CHECK(sgd.lr(1) == 4 * rate);
  }
  const Rate inner = sequence({linear_warm_up(2, 0.5), fall}, {2});
  const Rate outer = sequence({inner, inner}, {5});
  const std::vector<double> expected{4, 6, 8, 4, 2, 4, 6, 8, 4, 2, 1};
  for (std::size_t t = 0; t < expected.size(); ++t) CHECK(outer(8, t) == expected[t]);
  CHECK(sequence({fall}, {})(8, 3) == 1);
  CHECK(sequence({warm, fall}, {0})(8, 1) == 4);  // the first schedule has no time at all
}

TEST_CASE("schedule: a rate set by hand lasts until the next step") {
  Sgd sgd = two_groups(1, 2);
  Schedule schedule(sgd, exponential(0.5));
  schedule.step();
  sgd.set_lr(1, 100);
  CHECK(sgd.lr(0) == 0.5);
  CHECK(sgd.lr(1) == 100);
  schedule.step();
  CHECK(sgd.lr(0) == 0.25);
  CHECK(sgd.lr(1) == 0.5);
  // a second schedule starts from the present rates
  const Schedule second(sgd, linear_warm_up(2, 0.5));
  CHECK(sgd.lr(0) == 0.125);
  CHECK(sgd.lr(1) == 0.25);
}

TEST_CASE("schedule: a rate that is none is an error, and changes nothing") {
  for (const double wrong : {-1.0, -inf, inf, nan}) {
    CAPTURE(wrong);
    Sgd sgd = two_groups(1, 2);
    Schedule schedule(sgd, [=](double base, std::size_t t) {
      return t == 2 && base == 2 ? wrong : base / (1 + static_cast<double>(t));
    });
    schedule.step();
    for (int repeat = 0; repeat < 2; ++repeat) {
      CHECK(message_of([&] { schedule.step(); }) ==
            concat("[schedule] the rate of group 1 at t = 2 is ", wrong, '.'));
      CHECK(schedule.t() == 1);
      CHECK(sgd.lr(0) == 0.5);
      CHECK(sgd.lr(1) == 1);
    }
    CHECK_ERROR("group 0 at t = 0", Schedule(sgd, [=](double, std::size_t) { return wrong; }));
    CHECK(sgd.lr(0) == 0.5);
  }
  Sgd sgd = two_groups(1, 2);
  CHECK(message_of([&] { Schedule(sgd, Rate()); }) == "[schedule] was given an empty function.");
  Schedule schedule(sgd, [](double base, std::size_t t) {
    if (t == 1 && base == 2) throw std::runtime_error("mine");
    return base / 2;
  });
  CHECK_THROWS_AS(schedule.step(), std::runtime_error);
  CHECK(schedule.t() == 0);
  CHECK(sgd.lr(0) == 0.5);
  CHECK(sgd.lr(1) == 1);
}

TEST_CASE("schedule: resumed from its state and the optimiser's it goes on to the bit") {
  const Rate rate = sequence({linear_warm_up(5, 0.1), cosine_restarts(7, 2, 0.001)}, {5});
  Sgd straight = two_groups(0.1, 0.03);
  Schedule through(straight, rate);
  for (int t = 0; t < 9; ++t) through.step();
  straight.set_lr(0, 0.7);
  const State optimizer = straight.state(), schedule = through.state();

  Sgd resumed = two_groups(5, 6);
  Schedule again(resumed, rate);
  again.set_state(schedule);
  resumed.set_state(optimizer);
  CHECK(again.t() == 9);
  for (int t = 9; t < 40; ++t, through.step(), again.step()) {
    CHECK(resumed.lr(0) == straight.lr(0));
    CHECK(resumed.lr(1) == straight.lr(1));
  }
}

TEST_CASE("schedule: a state that does not fit is an error, and changes nothing") {
  Sgd sgd = two_groups(1, 2);
  Schedule schedule(sgd, exponential(0.5));
  schedule.step();
  const State own = schedule.state();
  const auto refusal = [&](const std::string& field, const std::string& text) {
    CAPTURE(field);
    State state = own;
    state.fields.at("t") = "5";
    state.fields.at("base of group 0") = "64";
    if (text == "missing")
      CHECK(state.fields.erase(field) == 1);
    else
      state.fields.at(field) = text;
    const std::string result = message_of([&] { schedule.set_state(state); });
    CHECK(schedule.state().fields == own.fields);
    return result;
  };
  CHECK(refusal("t", "missing") == "[schedule] the state has no \"t\".");
  CHECK(refusal("t", "-1") == "[schedule] the state has -1 for \"t\", not a count.");
  CHECK(refusal("t", "1.5") == "[schedule] the state has 1.5 for \"t\", not a count.");
  CHECK(refusal("t", "nan") == "[schedule] the state has nan for \"t\", not a count.");
  CHECK(refusal("t", "1x") == "[schedule] the state has \"1x\" for \"t\", not a number.");
  CHECK(refusal("groups", "missing") == "[schedule] the state has no \"groups\".");
  CHECK(refusal("groups", "3") == "[schedule] the state has 3 groups, expected 2.");
  const char* base = "base of group 1";
  CHECK(refusal(base, "missing") == "[schedule] the state has no \"base of group 1\".");
  CHECK(refusal(base, "") ==
        "[schedule] the state has \"\" for \"base of group 1\", not a number.");
  CHECK(refusal(base, "-2") == "[schedule] base of group 1 = -2 is not finite and ≥ 0.");
  CHECK(refusal(base, "inf") == "[schedule] base of group 1 = inf is not finite and ≥ 0.");
  CHECK_ERROR("[schedule] was given a state of \"sgd\".", schedule.set_state(sgd.state()));
  schedule.step();
  CHECK(sgd.lr(0) == 0.25);
}

TEST_CASE("schedule: options that make no sense are named") {
  CHECK(message_of([] { step_decay(0); }) == "[step_decay] every = 0 is not positive.");
  CHECK(message_of([] { cosine(0); }) == "[cosine] length = 0 is not positive.");
  CHECK_ERROR("[cosine_restarts] length = 0 and stretch = 1", cosine_restarts(0));
  CHECK_ERROR("[cosine_restarts] length = 4 and stretch = 0", cosine_restarts(4, 0));
  CHECK(message_of([] { linear_warm_up(0); }) == "[linear_warm_up] length = 0 is not positive.");
  CHECK(message_of([] { one_cycle(0); }) == "[one_cycle] length = 0 is not positive.");
  for (const double wrong : {-0.5, -inf, inf, nan}) {
    CAPTURE(wrong);
    CHECK_ERROR(concat("[step_decay] factor = ", wrong), step_decay(1, wrong));
    CHECK_ERROR("[multi_step] factor = ", multi_step({1}, wrong));
    CHECK_ERROR("[exponential] factor = ", exponential(wrong));
    CHECK_ERROR("[cosine] least = ", cosine(1, wrong));
    CHECK_ERROR("[cosine_restarts] least = ", cosine_restarts(1, 1, wrong));
    CHECK_ERROR("[linear_warm_up] from = ", linear_warm_up(1, wrong));
    CHECK_ERROR("[one_cycle] rise = ", one_cycle(1, {.rise = wrong}));
    CHECK_ERROR("[one_cycle] start_divisor = ", one_cycle(1, {.start_divisor = wrong}));
    CHECK_ERROR("[one_cycle] end_divisor = ", one_cycle(1, {.end_divisor = wrong}));
  }
  CHECK(message_of([] { exponential(0); }) == "[exponential] factor = 0 is not positive.");
  CHECK_ERROR("[one_cycle] start_divisor = 0", one_cycle(1, {.start_divisor = 0}));
  CHECK_ERROR("[linear_warm_up] from = 1.5 is not in [0, 1].", linear_warm_up(1, 1.5));
  CHECK_ERROR("[one_cycle] rise = 1.5 is not in [0, 1].", one_cycle(1, {.rise = 1.5}));
  CHECK_ERROR("[one_cycle] rise = 0.6 is not at most 0.5 in three phases.",
              one_cycle(9, {.rise = 0.6, .three_phases = true}));
  const Rate rate = exponential(0.5);
  CHECK(message_of([] { sequence({}, {}); }) == "[sequence] was given no rates.");
  CHECK(message_of([&] {
          sequence({rate, rate}, {});
        }) == "[sequence] 2 rates need 1 starts, got 0.");
  CHECK_ERROR("[sequence] 1 rates need 0 starts, got 2.", sequence({rate}, {1, 2}));
  CHECK_ERROR("[sequence] the starts do not ascend.", sequence({rate, rate, rate}, {5, 4}));
  CHECK_ERROR("[sequence] the starts do not ascend.", sequence({rate, rate, rate}, {5, 5}));
  CHECK(message_of([&] {
          sequence({rate, Rate()}, {5});
        }) == "[sequence] rate 1 is an empty function.");
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
