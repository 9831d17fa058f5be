// Parameter groups: their own rates and penalties, and groups that are refused. golden_test.cpp
// compares their trajectories with PyTorch's.
#include <reel/optim/groups.h>

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include <reel/optim/adam.h>
#include <reel/optim/adamw.h>
#include <reel/optim/rprop.h>
#include <reel/optim/sgd.h>

#include "../special_values.h"
#include "../throws.h"
#include "bits.h"

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

using Parameters = std::vector<Parameter>;

void give_gradients(const Parameters& parameters, int step) {
  for (Parameter parameter : parameters) {
    Tensor gradient = parameter.value();
    for (Real& g : gradient.storage()) g = Real(0.3) * g + Real(0.1) * static_cast<Real>(step % 3);
    parameter.set_gradient(std::move(gradient));
  }
}

Parameters some() { return {Parameter(vector({1, -2}), "a"), Parameter(scalar(3), "b")}; }

TEST_CASE("groups: what an optimiser is made from") {
  const Parameter p(vector({1}), "p"), q(vector({2}), "q"), r(vector({3}), "r");
  const Parameters body{p, q}, head{r};
  CHECK(Groups().list().empty());
  const auto sizes = [](const Groups& groups) {
    std::vector<std::size_t> result;
    for (const Group& group : groups.list()) result.push_back(group.parameters.size());
    return result;
  };
  using Sizes = std::vector<std::size_t>;
  CHECK(sizes(body) == Sizes{2});
  CHECK(sizes({p}) == Sizes{1});
  CHECK(sizes({p, q, r}) == Sizes{3});
  CHECK(sizes({{.parameters = body, .lr = 1}, {.parameters = head}}) == Sizes{2, 1});
  CHECK(sizes(std::vector<Group>{{.parameters = head}}) == Sizes{1});

  const Adam adam({{.parameters = head, .lr = 1e-4}, {.parameters = body, .weight_decay = 0.1}},
                  {.lr = 0.5});
  CHECK(adam.group_count() == 2);
  CHECK(adam.lr() == 1e-4);
  CHECK(adam.lr(1) == 0.5);
  REQUIRE(adam.parameters().size() == 3);
  CHECK(adam.parameters()[0] == r);
  CHECK(adam.parameters()[2] == q);
  CHECK(Adam(body).group_count() == 1);
}

// Compares one optimiser of two groups with two optimisers of one group each.
template <class Method, class Options>
void check_groups_are_apart(const Group& first, const Group& second, const Options& options) {
  const Parameters together = some(), apart = some();
  const auto own = [&](const Group& group) {
    Options result = options;
    result.lr = group.lr.value_or(options.lr);
    result.l2 = group.l2.value_or(options.l2);
    result.weight_decay = group.weight_decay.value_or(options.weight_decay);
    return result;
  };
  std::vector<Group> groups{first, second};
  groups[0].parameters = {together[0]};
  groups[1].parameters = {together[1]};
  Method both(groups, options), one({apart[0]}, own(first)), two({apart[1]}, own(second));
  for (int step = 0; step < 10; ++step) {
    if (step == 6) {
      both.set_lr(1, 0.75);
      two.set_lr(0.75);
    }
    give_gradients(together, step);
    give_gradients(apart, step);
    both.step();
    one.step();
    two.step();
    CHECK(bits(together) == bits(apart));
  }
  CHECK(bits(together) != bits(some()));
}

TEST_CASE("groups: each is as if it had an optimiser by itself") {
  for (const Group& group : std::vector<Group>{{},
                                               {.lr = 0.5},
                                               {.l2 = 0.3},
                                               {.weight_decay = 0.2},
                                               {.lr = 0.5, .l2 = 0, .weight_decay = 0}}) {
    CAPTURE(group.lr.value_or(-1));
    CAPTURE(group.l2.value_or(-1));
    CAPTURE(group.weight_decay.value_or(-1));
    check_groups_are_apart<Sgd>({}, group, SgdOptions{.lr = 0.1, .momentum = 0.9, .l2 = 0.01});
    check_groups_are_apart<Sgd>(group, {.lr = 0.2}, SgdOptions{.lr = 0.1, .weight_decay = 0.1});
    check_groups_are_apart<AdamW>({.l2 = 0.1}, group, AdamWOptions());
    check_groups_are_apart<Rprop>(group, {.lr = 0.3}, RpropOptions());
  }
}

TEST_CASE("groups: a penalty is its own group's alone") {
  const Parameter p(vector({8}), "p"), q(vector({8}), "q"), r(vector({8}), "r");
  Sgd sgd({{.parameters = {p}},
           {.parameters = {q}, .l2 = 0.5},
           {.parameters = {r}, .weight_decay = 0.25}},
          {.lr = 0.5});
  for (Parameter each : {p, q, r}) each.set_gradient(vector({2}));
  sgd.step();
  CHECK(p.value() == vector({7}));  // 8 − 0.5·2
  CHECK(q.value() == vector({5}));  // 8 − 0.5·(2 + 0.5·8)
  CHECK(r.value() == vector({6}));  // 8·(1 − 0.5·0.25) − 0.5·2
}

TEST_CASE("groups: rates by number, and all at once") {
  const Parameters p = some();
  Sgd sgd({{.parameters = {p[0]}, .lr = 1}, {.parameters = {p[1]}, .lr = 2}}, {});
  sgd.set_lr(1, 5);
  CHECK(sgd.lr(0) == 1);
  CHECK(sgd.lr(1) == 5);
  for (const double wrong : {-1.0, inf, nan}) {
    CHECK_ERROR("[sgd] lr of group 1 = ", sgd.set_lr(1, wrong));
    CHECK_ERROR("[sgd] lr = ", sgd.set_lr(wrong));
  }
  CHECK(message_of([&] { sgd.lr(2); }) == "[sgd] there is no group 2 of 2, the first is 0.");
  CHECK_ERROR("[sgd] there is no group 2 of 2, the first is 0.", sgd.set_lr(2, 0.5));
  CHECK(sgd.lr(0) == 1);
  CHECK(sgd.lr(1) == 5);
  sgd.set_lr(0.25);
  CHECK(sgd.lr(0) == 0.25);
  CHECK(sgd.lr(1) == 0.25);
}

TEST_CASE("groups: a group with the rate 0 stays where it is") {
  const Parameters p = some();
  Sgd sgd({{.parameters = {p[0]}, .lr = 0, .weight_decay = 0.5}, {.parameters = {p[1]}}},
          {.lr = 1});
  give_gradients(p, 1);
  sgd.step();
  CHECK(p[0].value() == vector({1, -2}));
  CHECK(p[1].value() != scalar(3));
}

TEST_CASE("groups: those that make no sense are refused") {
  const Parameter p(vector({1}), "p"), q(vector({2}), "q");
  const std::vector<Group> wrong_twice{{.parameters = {p}}, {.parameters = {q, p}}};
  CHECK(message_of([&] { Adam{wrong_twice}; }) == "[adam] parameter \"p\" was given twice.");
  const std::vector<Group> hollow{{.parameters = {p}}, {.lr = 1}};
  CHECK(message_of([&] { Adam{hollow}; }) == "[adam] group 1 has no parameters.");
  CHECK(message_of([] { Adam{std::vector<Group>{}}; }) == "[adam] was given no parameters.");
  CHECK(message_of([] { Adam{std::vector<Group>(1)}; }) == "[adam] was given no parameters.");
  for (const double wrong : {-0.1, inf, nan}) {
    CAPTURE(wrong);
    const auto make = [&](const Group& group) {
      std::vector<Group> groups{{.parameters = {q}}, group};
      groups[1].parameters = {p};
      AdamW{groups};
    };
    CHECK_ERROR(concat("[adamw] lr of group 1 = ", wrong, " is not in [0, inf)."),
                make({.lr = wrong}));
    CHECK_ERROR("[adamw] l2 of group 1 = ", make({.l2 = wrong}));
    CHECK_ERROR("[adamw] weight_decay of group 1 = ", make({.weight_decay = wrong}));
  }
  // each group must have a rate, or the options must
  const std::vector<Group> rated{{.parameters = {p}, .lr = 1}, {.parameters = {q}}};
  CHECK_ERROR("[sgd] lr of group 1 = nan", Sgd(rated, {.momentum = 0.5}));
  CHECK(Sgd(rated, {.lr = 2}).lr(1) == 2);
}

TEST_CASE("groups: parameters that are given twice") {
  const Parameter p(vector({1}), "w"), same = p, equal(vector({1}), "w");
  refuse_twice("here", {});
  refuse_twice("here", {p, equal});
  CHECK(message_of([&] {
          refuse_twice("here", {p, equal, same});
        }) == "[here] parameter \"w\" was given twice.");
}

}  // namespace
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
