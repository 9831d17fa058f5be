// Scopes: the paths that tapes note for their operations.
#include <doctest/doctest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/ops.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "nested_model.h"

namespace reel::inline REEL_PRECISION {
namespace {

using Texts = std::vector<std::string>;

// "path operation" of each operation on a tape.
Texts scopes_of(const Tape& tape) {
  Texts all;
  for (std::size_t i = 0; i < tape.size(); ++i) {
    const Tape::Node& node = tape.node(i);
    if (node.operation) all.push_back(concat(node.scope ? node.scope : "-", ' ', node.operation));
  }
  return all;
}

}  // namespace

TEST_CASE("the path of the scopes alive") {
  CHECK(Scope::path().empty());
  const std::uint64_t before = Scope::version();
  {
    const Scope a("a");
    CHECK(Scope::path() == "a");
    const std::uint64_t at_a = Scope::version();
    CHECK(at_a != before);
    {
      const Scope b("b c"), nothing(""), d("d");
      CHECK(Scope::path() == "a.b c.d");
      CHECK(Scope::version() != at_a);
    }
    CHECK(Scope::path() == "a");
    CHECK(Scope::version() != at_a);
    const std::uint64_t now = Scope::version();
    const Scope nothing("");
    CHECK(Scope::version() == now);
  }
  CHECK(Scope::path().empty());
  try {
    const Scope a("a"), b("b");
    throw std::runtime_error("unwinding");
  } catch (const std::runtime_error&) {
  }
  CHECK(Scope::path().empty());
  const Scope here("here");
  std::string there = "?";
  std::thread([&] { there = Scope::path(); }).join();
  CHECK(there.empty());
}

TEST_CASE("a tape notes the scope of each operation") {
  Tape tape;
  const Var x = tape.variable(scalar(1));
  exp(x);
  {
    const Scope a("a");
    sin(x);
    {
      const Scope b("b");
      cos(x);
      tan(x);
    }
    tanh(x);
  }
  {
    const Scope c("c");
    Tape inner;
    const Var y = inner.variable(scalar(1));
    exp(y);
    CHECK(scopes_of(inner) == Texts{"c exp"});
  }
  log(x);
  CHECK(scopes_of(tape) == Texts{"- exp", "a sin", "a.b cos", "a.b tan", "a tanh", "- log"});
  // on recycled storage, in the scope that was last used there
  const Scope d("d");
  for (int round = 0; round < 2; ++round) {
    Tape next;
    exp(next.variable(scalar(1)));
    CHECK(scopes_of(next) == Texts{"d exp"});
  }
}

TEST_CASE("modules are scopes") {
  Model model;
  Rng rng(1);
  nn::init(model, rng);
  Tape tape;
  const Var x = tape.variable(matrix({{1, 2, 3}}));
  sum(model(x));
  CHECK(scopes_of(tape) == Texts{"block.in affine", "block relu", "block.tail.out affine",
                                 "block.tail exp", "head.0 affine", "head.1 tanh", "- sum"});
  // a part that is called by itself, and a model that was never initialised
  model.block.in(x);
  CHECK(scopes_of(tape).back() == "in affine");
  nn::Sequential bare(nn::tanh);
  bare(x);
  CHECK(scopes_of(tape).back() == "0 tanh");
  CHECK_THROWS_AS(model(matrix({{1, 2}})), Error);
  CHECK(Scope::path().empty());
}

}  // namespace reel::inline REEL_PRECISION
