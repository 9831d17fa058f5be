// Rates that follow the loss: Plateau like PyTorch's (golden/schedules.json), Steady by hand.
#include <reel/optim/loss_schedule.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../near.h"
#include "../special_values.h"
#include "../throws.h"
#include "bits.h"
#include "schedules.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Json = nlohmann::json;

PlateauOptions plateau_options(Json given) {
  PlateauOptions o;
  take(given, "larger_is_better", o.larger_is_better);
  take(given, "factor", o.factor);
  take(given, "patience", o.patience);
  take(given, "threshold", o.threshold);
  take(given, "relative", o.relative);
  take(given, "cooldown", o.cooldown);
  take(given, "least", o.least);
  take(given, "eps", o.eps);
  REQUIRE_MESSAGE(given.empty(), given.dump());
  return o;
}

TEST_CASE("plateau: the rates of both groups are PyTorch's, also when resumed at any value") {
  const Json file = golden_schedules();
  const auto losses = file["losses"].get<std::vector<double>>();
  REQUIRE(losses.size() == 44);
  REQUIRE(file["plateau"].size() == 10);  // detects a case that is missing in the file
  for (const Json& golden_case : file["plateau"]) {
    CAPTURE(golden_case["options"].dump());
    const PlateauOptions options = plateau_options(golden_case["options"]);
    const Json& rates = golden_case["rates"];
    REQUIRE(rates.size() == losses.size() + 1);
    Sgd sgd = two_groups(0.1, 0.03), other = two_groups(5, 6);
    Plateau plateau(sgd, options);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      CAPTURE(i);
      CHECK(near(sgd.lr(0), rates[i][0].get<double>(), 1e-12));
      CHECK(near(sgd.lr(1), rates[i][1].get<double>(), 1e-12));
      if (i == losses.size()) break;
      Plateau fresh(other, options);
      fresh.set_state(plateau.state());
      other.set_state(sgd.state());
      plateau.step(losses[i]);
      fresh.step(losses[i]);
      CHECK(bits(fresh.state()) == bits(plateau.state()));
      CHECK(bits(other.state()) == bits(sgd.state()));
    }
  }
}

TEST_CASE("plateau: NaN is no improvement, nor is the best once more") {
  for (const bool larger : {false, true}) {
    CAPTURE(larger);
    for (const double value : {nan, -nan, larger ? -inf : inf, 1.0}) {
      CAPTURE(value);
      Sgd sgd = two_groups(1, 4);
      Plateau plateau(sgd, {.larger_is_better = larger, .factor = 0.5, .patience = 2});
      plateau.step(1);
      for (int i = 0; i < 2; ++i) plateau.step(value);
      CHECK(sgd.lr(0) == 1);
      plateau.step(value);
      CHECK(sgd.lr(0) == 0.5);
      CHECK(sgd.lr(1) == 2);
      plateau.step(larger ? 2 : 0.5);  // the best is still known
      CHECK(plateau.state().number("bad") == 0);
    }
  }
  Sgd sgd = two_groups(1, 4);
  Plateau plateau(sgd, {.factor = 0.5, .patience = 0});
  plateau.step(nan);  // before there is a best value
  CHECK(sgd.lr() == 0.5);
  plateau.step(1e300);
  CHECK(sgd.lr() == 0.5);
}

TEST_CASE("plateau: bounds") {
  Sgd sgd = two_groups(1, 1e-3);
  Plateau plateau(sgd, {.factor = 0, .patience = 0, .threshold = 0, .least = 0.01});
  plateau.step(1);
  plateau.step(1);
  CHECK(sgd.lr(0) == 0.01);
  CHECK(sgd.lr(1) == 1e-3);  // already below `least`: unchanged
  sgd.set_lr(0);
  plateau.step(1);
  CHECK(sgd.lr(0) == 0);
}

TEST_CASE("plateau: options that make no sense are named") {
  Sgd sgd = two_groups(1, 4);
  for (const double wrong : {-0.1, -inf, inf, nan}) {
    CAPTURE(wrong);
    CHECK_ERROR(concat("[plateau] factor = ", wrong, " is not in [0, 1)."),
                Plateau(sgd, {.factor = wrong}));
    CHECK_ERROR("[plateau] threshold = ", Plateau(sgd, {.threshold = wrong}));
    CHECK_ERROR("[plateau] least = ", Plateau(sgd, {.least = wrong}));
    CHECK_ERROR("[plateau] eps = ", Plateau(sgd, {.eps = wrong}));
  }
  CHECK_ERROR("[plateau] factor = 1 is not", Plateau(sgd, {.factor = 1}));
}

// Every wrong text of each field, or a missing field, must be refused and change nothing.
void check_fields_are_guarded(Stateful& stateful, const std::vector<std::string>& wrong) {
  const State own = stateful.state();
  for (const auto& field : own.fields) {
    const std::string& name = field.first;
    CAPTURE(name);
    State without = own;
    without.fields.erase(name);
    CHECK(message_of([&] { stateful.set_state(without); }) ==
          concat('[', own.kind, "] the state has no \"", name, "\"."));
    for (const std::string& value : wrong) {
      State bad = own;
      bad.fields[name] = value;
      CHECK_ERROR('"' + name + '"', stateful.set_state(bad));
    }
    CHECK(bits(stateful.state()) == bits(own));
  }
  CHECK_ERROR(concat('[', own.kind, "] was given a state of \"other\"."),
              stateful.set_state(State{"other"}));
}

TEST_CASE("plateau, steady: a state that does not fit is an error, and changes nothing") {
  Sgd sgd = two_groups(1, 4);
  Plateau plateau(sgd, {.patience = 5});
  Steady steady(sgd, {.window = 4});
  for (const double loss : {3.0, 2.0, 2.5, 2.25, 1.0, 0.5}) {
    plateau.step(loss);
    steady.step(loss);
  }
  CHECK(steady.state().count("losses") == 3);
  check_fields_are_guarded(plateau, {"", "much", "1 ", "0x"});
  check_fields_are_guarded(steady, {"", "much", "1 ", "0x"});
  for (const char* name : {"bad", "cooling"}) {
    State bad = plateau.state();
    bad.fields.at(name) = "-1";
    bad.fields.at("best") = "7";
    CHECK_ERROR("not a count", plateau.set_state(bad));
    CHECK(plateau.state().number("best") == 0.5);
  }
  Steady shorter(sgd, {.window = 3});
  CHECK(message_of([&] { shorter.set_state(steady.state()); }) ==
        "[steady] the state has 3 losses, the window is 3.");
  for (const char* wrong : {"nan", "inf"}) {
    State bad = steady.state();
    bad.fields.at("loss 1") = wrong;
    CHECK_ERROR(concat("[steady] loss 1 = ", wrong, " is not finite."), steady.set_state(bad));
    CHECK(steady.state().number("loss 1") == 1);
  }
}

// The rate after these losses, from 1; and the wildness.
struct Outcome {
  double lr, wildness;
};
Outcome after(const std::vector<double>& losses, const SteadyOptions& options) {
  Sgd sgd = two_groups(1, 4);
  Steady steady(sgd, options);
  for (const double loss : losses) steady.step(loss);
  CHECK(sgd.lr(1) == 4 * sgd.lr(0));
  return {sgd.lr(), steady.wildness()};
}

TEST_CASE("steady: wildness is the sum of the rises, by the mean size") {
  const SteadyOptions four{.window = 4, .up = 2};
  struct Case {
    std::vector<double> losses;
    double wildness;
  };
  for (const auto& [losses, wildness] : std::vector<Case>{
           {{8, 4, 2, 1}, 0},           // however steep the fall
           {{3, 3, 3, 3}, 0},           //
           {{0, 0, 0, 0}, 0},           // all sizes are 0
           {{1, 2, 3, 4}, 3 / 2.5},     // a steady rise is wild
           {{4, 1, 4, 1}, 3 / 2.5},     //
           {{4, 1, 2, 1}, 1 / 2.0},     //
           {{-1, -2, -1, -4}, 1 / 2.0}  // sizes are absolute values
       }) {
    CHECK(near(after(losses, four).wildness, wildness, 1e-15));
    CHECK(after(losses, four).lr == (wildness > 0.1 ? 0.5 : 2));
    std::vector<double> scaled = losses;
    for (double& loss : scaled) loss *= 1e-9;  // the unit does not matter
    CHECK(near(after(scaled, four).wildness, wildness, 1e-14));
  }
  // only a value above the threshold is wild
  CHECK(after({4, 1, 2, 1}, {.window = 4, .threshold = 0.5, .up = 2}).lr == 2);
  CHECK(after({4, 1, 2, 1}, {.window = 4, .threshold = 0.499, .up = 2}).lr == 0.5);
}

TEST_CASE("steady: windows share a loss, and the rate changes once in each") {
  Sgd sgd = two_groups(1, 4);
  Steady steady(sgd, {.window = 3, .down = 0.25, .up = 2});
  const std::vector<double> losses{4, 3, 2, 3, 2, 1, 1, 1};
  const std::vector<double> rates{1, 1, 2, 2, 0.5, 0.5, 1, 1};  // 2 3 2 is wild, 2 1 1 is not
  for (std::size_t i = 0; i < losses.size(); ++i) {
    CAPTURE(i);
    if (i < 2) CHECK(steady.wildness() == 0);
    steady.step(losses[i]);
    CHECK(sgd.lr(0) == rates[i]);
    CHECK(sgd.lr(1) == 4 * rates[i]);
  }
  CHECK(steady.wildness() == 0);
}

TEST_CASE("steady: with a window of 2 it is the bold driver") {
  const SteadyOptions bold{.window = 2, .threshold = 0, .up = 2};
  CHECK(after({1}, bold).lr == 1);
  CHECK(after({3, 2, 1}, bold).lr == 4);
  CHECK(after({3, 2, 2.001}, bold).lr == 1);
  CHECK(after({3, 2, 2}, bold).lr == 4);
}

TEST_CASE("steady: a loss that is not finite is wild by itself, and begins anew") {
  const SteadyOptions three{.window = 3, .up = 2};
  for (const double bad : {nan, -nan, inf, -inf}) {
    CAPTURE(bad);
    CHECK(after({bad}, three).lr == 0.5);
    CHECK(after({bad, bad, bad}, three).lr == 0.125);
    CHECK(after({1, 1, bad, 1, 1}, three).lr == 0.5);
    CHECK(after({1, 1, bad, 1, 1, 1}, three).lr == 1);
    CHECK(after({2, 1, 0, bad, 1}, three).wildness == 0);
    CHECK(near(after({1, 3, 1, bad, 2, 1}, three).wildness, 1.2, 1e-15));  // for the last window
  }
}

TEST_CASE("steady: losses at the ends of the range of a double") {
  constexpr double huge = std::numeric_limits<double>::max();
  constexpr double tiny = std::numeric_limits<double>::denorm_min();
  const SteadyOptions four{.window = 4, .up = 2};
  for (const double size : {huge, tiny}) {
    CAPTURE(size);
    CHECK(after({size, 0, size, 0}, four).lr == 0.5);
    CHECK(after({-size, size, -size, size}, four).lr == 0.5);
    CHECK(after({size, size, size, size}, four).lr == 2);
    CHECK(after({size, size, 0, 0}, four).lr == 2);
  }
  CHECK(after({huge / 2, huge, huge, huge}, four).lr == 0.5);
}

TEST_CASE("steady: no rate leaves the bounds") {
  Sgd sgd = two_groups(1, 4);
  Steady steady(sgd, {.window = 2, .up = 3, .least = 0.75, .most = 5});
  steady.step(1);
  steady.step(1);
  CHECK(sgd.lr(0) == 3);
  CHECK(sgd.lr(1) == 5);
  for (int i = 0; i < 3; ++i) steady.step(nan);
  CHECK(sgd.lr(0) == 0.75);
  CHECK(sgd.lr(1) == 0.75);
  Steady fixed(sgd, {.least = 2, .most = 2});
  fixed.step(nan);
  CHECK(sgd.lr(0) == 2);
}

TEST_CASE("steady: resumed from its state it goes on to the bit, wherever it was stopped") {
  std::vector<double> losses{nan};
  for (int i = 0; i < 40; ++i) losses.push_back(3 / (1.0 + i) + 0.2 * std::sin(i * i));
  const SteadyOptions options{.window = 4};
  for (std::size_t stop = 0; stop < 12; ++stop) {
    Sgd straight = two_groups(1, 4), resumed = two_groups(5, 6);
    Steady through(straight, options), again(resumed, options);
    for (std::size_t i = 0; i < stop; ++i) through.step(losses[i]);
    again.set_state(through.state());
    resumed.set_state(straight.state());
    CHECK(again.wildness() == through.wildness());
    for (std::size_t i = stop; i < losses.size(); ++i) {
      through.step(losses[i]);
      again.step(losses[i]);
      REQUIRE(bits(resumed.state()) == bits(straight.state()));
    }
    CHECK(bits(again.state()) == bits(through.state()));
    CHECK(straight.lr() != 1);
  }
}

TEST_CASE("steady: options that make no sense are named") {
  Sgd sgd = two_groups(1, 4);
  for (const double wrong : {-0.1, -inf, inf, nan}) {
    CAPTURE(wrong);
    CHECK_ERROR("[steady] threshold = ", Steady(sgd, {.threshold = wrong}));
    CHECK_ERROR(concat("[steady] down = ", wrong, " is not in (0, 1)."),
                Steady(sgd, {.down = wrong}));
    CHECK_ERROR("[steady] up = ", Steady(sgd, {.up = wrong}));
    CHECK_ERROR("[steady] least = ", Steady(sgd, {.least = wrong}));
  }
  for (const std::size_t wrong : {0u, 1u})
    CHECK(message_of([&] { Steady(sgd, {.window = wrong}); }) ==
          concat("[steady] window = ", wrong, " is not at least 2."));
  CHECK_ERROR("[steady] down = 0 is", Steady(sgd, {.down = 0}));
  CHECK_ERROR("[steady] down = 1 is", Steady(sgd, {.down = 1}));
  CHECK_ERROR("[steady] up = 0.5 is not finite and ≥ 1.", Steady(sgd, {.up = 0.5}));
  CHECK_ERROR("[steady] most = 1 is not at least `least`.", Steady(sgd, {.least = 2, .most = 1}));
  CHECK_ERROR("[steady] most = nan", Steady(sgd, {.most = nan}));
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
