// States: exact numbers, exact resumption of every method, and an error for a state that does not
// fit.
#include <reel/optim/state.h>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "../throws.h"
#include "bits.h"
#include "every_optimizer.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Parameters = std::vector<Parameter>;
using Limits = std::numeric_limits<double>;

TEST_CASE("state: a number comes back with its bits") {
  State state{"mine"};
  for (const double value : {0.1, 1.0 / 3, -0.0, 1e300, 2.5, Limits::max(), Limits::lowest(),
                             Limits::min(), Limits::denorm_min(), -Limits::epsilon(),
                             Limits::infinity(), -Limits::infinity(), std::nextafter(1.0, 2.0)}) {
    CAPTURE(value);
    state.put("x", value);
    CHECK(std::bit_cast<std::uint64_t>(state.number("x")) == std::bit_cast<std::uint64_t>(value));
  }
  state.put("x", Limits::quiet_NaN());
  CHECK(std::isnan(state.number("x")));
  state.put("x", 0.1);
  CHECK(state.field("x") == "0.1");
}

TEST_CASE("state: what is missing or no such number is named") {
  State state{"mine"};
  CHECK(message_of([&] { state.field("x"); }) == "[mine] the state has no \"x\".");
  CHECK_ERROR("[mine] the state has no \"x\".", state.number("x"));
  CHECK_ERROR("[mine] the state has no \"x\".", state.count("x"));
  for (const char* wrong : {"", " 1", "1 ", "+1", "0x10", "1,5", "1e999", "e", "--1"}) {
    CAPTURE(wrong);
    state.fields["x"] = wrong;
    CHECK(message_of([&] { state.number("x"); }) ==
          concat("[mine] the state has \"", wrong, "\" for \"x\", not a number."));
    CHECK_ERROR("not a number", state.count("x"));
  }
  for (const char* wrong : {"-1", "0.5", "nan", "inf", "-inf", "9007199254740994"}) {
    CAPTURE(wrong);
    state.fields["x"] = wrong;
    CHECK_ERROR("for \"x\", not a count.", state.count("x"));
  }
  for (const double count : {0.0, 1.0, 0x1p53}) {
    state.put("x", count);
    CHECK(static_cast<double>(state.count("x")) == count);
  }
  state.tensors["m"] = zeros({2, 3});
  CHECK(state.tensor("m", {2, 3}) == zeros({2, 3}));
  CHECK(message_of([&] {
          state.tensor("m", {3, 2});
        }) == "[mine] the state's \"m\" has shape (2,3), expected (3,2).");
  CHECK(message_of([&] { state.tensor("v", {2, 3}); }) == "[mine] the state has no tensor \"v\".");
  state.expect_kind("mine");
  CHECK(message_of([&] { state.expect_kind("adam"); }) == "[adam] was given a state of \"mine\".");
}

Parameters start() {
  return {Parameter(matrix({{1, -2, 3}, {4, -5, 6}}), "w"), Parameter(scalar(2), "b"),
          Parameter(zeros({0, 2}), "none")};
}

Parameters copy(const Parameters& from) {
  Parameters result;
  for (const Parameter& p : from) result.emplace_back(p.value(), p.name());
  return result;
}

// Two groups; the second has two parameters.
Groups grouped(const Parameters& p) {
  return {{.parameters = {p[0]}, .l2 = 0.01}, {.parameters = {p[1], p[2]}, .lr = 0.05}};
}

// Gradients that change their signs; in every third step "b" has none, so its step count differs.
void step(Optimizer& optimizer, int at) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (i == 1 && at % 3 == 1) continue;
    Parameter p = optimizer.parameters()[i];
    Tensor gradient = p.value();
    for (std::size_t j = 0; j < gradient.size(); ++j) {
      const auto wave = std::sin(1.7 * at + static_cast<double>(3 * i + j));
      gradient.data()[j] = Real(0.3) * gradient.data()[j] + static_cast<Real>(2 * wave);
    }
    p.set_gradient(std::move(gradient));
  }
  optimizer.step();
}

TEST_CASE("state: every method goes on from it to the bit, whenever it was stopped") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    for (const int stop : {0, 1, 2, 5, 9}) {
      CAPTURE(stop);
      const Parameters straight = start();
      const auto through = make_stateful(row, grouped(straight));
      for (int at = 0; at < stop; ++at) step(*through, at);
      through->set_lr(1, 0.07);
      const State saved = through->state();
      const std::string saved_bits = bits(saved);

      // into a new optimiser, and into one that has done other steps
      const Parameters one = copy(straight), two = start(), plain = copy(straight);
      const auto fresh = make_stateful(row, grouped(one)), used = make_stateful(row, grouped(two)),
                 unaware = make_stateful(row, grouped(plain));
      for (int at = 3; at < 7; ++at) step(*used, at);
      for (std::size_t i = 0; i < 3; ++i) Parameter(two[i]).set_value(straight[i].value());
      for (Optimizer* other : {fresh.get(), used.get()}) {
        other->set_state(saved);
        CHECK(bits(*other) == bits(*through));
        CHECK(other->lr(1) == 0.07);
      }
      for (int at = stop; at < stop + 12; ++at) {
        for (Optimizer* each_one : {through.get(), fresh.get(), used.get(), unaware.get()})
          step(*each_one, at);
        REQUIRE(bits(*fresh) == bits(*through));
        REQUIRE(bits(*used) == bits(*through));
      }
      CHECK(bits(plain) != bits(straight));
      CHECK(bits(saved) == saved_bits);
    }
  }
}

TEST_CASE("state: each array makes a difference") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    const Parameters straight = start();
    const auto through = make_stateful(row, grouped(straight));
    for (int at = 0; at < 7; ++at) step(*through, at);
    const State saved = through->state();
    const Parameters at_stop = copy(straight);
    for (int at = 7; at < 12; ++at) step(*through, at);
    for (const auto& entry : saved.tensors) {
      const std::string& name = entry.first;
      if (entry.second.size() == 0) continue;
      CAPTURE(name);
      bool different = false;
      for (const Real shift : {100, -100}) {  // signs for Rprop, sizes for AMSGrad
        State other = saved;
        for (Real& x : other.tensors[name].storage()) x = shift - 2 * x;
        const Parameters changed = copy(at_stop);
        const auto optimizer = make_stateful(row, grouped(changed));
        optimizer->set_state(other);
        for (int at = 7; at < 12; ++at) step(*optimizer, at);
        different = different || bits(changed) != bits(straight);
      }
      CHECK(different);
    }
  }
}

// The state must be refused with this message, and nothing may have changed.
void check_refused(Optimizer& optimizer, const State& state, const std::string& text) {
  const std::string before = bits(optimizer);
  CHECK_ERROR(text, optimizer.set_state(state));
  CHECK(bits(optimizer) == before);
}

TEST_CASE("state: one that does not fit is an error, and changes nothing") {
  for (const NamedOptimizer& row : optimizers()) {
    CAPTURE(row.name);
    const Parameters p = start(), q = start();
    const auto optimizer = make_stateful(row, grouped(p)), other = make_stateful(row, grouped(q));
    const std::string kind(optimizer->method());
    for (int at = 0; at < 2; ++at) step(*optimizer, at);
    for (int at = 0; at < 5; ++at) step(*other, at);
    const State good = other->state();

    for (const auto& entry : good.fields) {
      const std::string& name = entry.first;
      CAPTURE(name);
      State without = good;
      without.fields.erase(name);
      check_refused(*optimizer, without, concat('[', kind, "] the state has no \"", name, "\"."));
      State wrong = good;
      wrong.fields[name] = "many";
      check_refused(*optimizer, wrong, concat('[', kind, "] "));
    }
    for (const auto& entry : good.tensors) {
      const std::string& name = entry.first;
      CAPTURE(name);
      State without = good, reshaped = good;
      without.tensors.erase(name);
      check_refused(*optimizer, without,
                    concat('[', kind, "] the state has no tensor \"", name, "\"."));
      reshaped.tensors[name] = zeros({3, 2});
      check_refused(*optimizer, reshaped,
                    concat("the state's \"", name, "\" has shape (3,2), expected ",
                           to_string(entry.second.shape())));
    }
    State more = good;
    more.tensors["0.z"] = scalar(1);
    check_refused(*optimizer, more, "Hint: was it saved with the same options?");
    for (const char* wrong : {"-1", "0.5", "nan"}) {
      State count = good;
      count.fields["2.t"] = wrong;  // the last parameter's, so that others were read before
      check_refused(*optimizer, count, "for \"2.t\", not a count.");
    }
    for (const char* wrong : {"-1", "nan", "inf"}) {
      State rate = good;
      rate.fields["lr of group 1"] = wrong;
      check_refused(*optimizer, rate, concat("lr of group 1 = ", wrong));
    }
    State shape = good;
    shape.fields["1.shape"] = "(1)";
    check_refused(*optimizer, shape, "parameter \"b\" has shape (), in the state \"(1)\".");
    for (const NamedOptimizer& another : optimizers()) {
      const Parameters r = start();
      const State foreign = make_stateful(another, grouped(r))->state();
      if (foreign.kind == kind) continue;
      check_refused(*optimizer, foreign,
                    concat('[', kind, "] was given a state of \"", foreign.kind, "\"."));
    }

    // the same parameters in one group; more parameters; other parameters
    const Parameters s = start();
    check_refused(*optimizer, make_stateful(row, s)->state(),
                  "the state has 3 parameters in 1 groups, expected 3 in 2.");
    check_refused(*optimizer,
                  make_stateful(row, {{.parameters = {s[0]}}, {.parameters = {s[1]}}})->state(),
                  "the state has 2 parameters in 2 groups, expected 3 in 2.");
    check_refused(*optimizer, make_stateful(row, grouped({s[0], s[2], s[1]}))->state(),
                  "parameter \"b\" has shape (), in the state \"(0,2)\".");
    optimizer->set_state(good);
    CHECK(bits(optimizer->state()) == bits(good));
  }
}

TEST_CASE("state: the same method with other arrays is refused") {
  struct Pair {
    const char* name;
    NamedOption more;
  };
  for (const auto& [name, more] :
       {Pair{"sgd", {"momentum", 0.9}}, {"adam", {"amsgrad", 1}}, {"adamw", {"amsgrad", 1}}}) {
    const Parameters p = start(), q = start();
    const auto small = make_optimizer(name, grouped(p), {{"lr", 0.1}});
    const auto large = make_optimizer(name, grouped(q), {{"lr", 0.1}, more});
    step(*small, 0);
    step(*large, 0);
    check_refused(*small, large->state(), "tensors, expected ");
    check_refused(*large, small->state(), "the state has no tensor \"0.");
  }
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
