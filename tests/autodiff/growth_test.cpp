// The memory that a tape keeps alive, and the warning when a tape grows from step to step.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/arithmetic.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/product.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/nn/linear.h>

#include "../throws.h"
#include "../warnings.h"

namespace reel::inline REEL_PRECISION {
// ---- memory

TEST_CASE("what a tape keeps alive") {
  Tape tape;
  CHECK(tape.memory().nodes == 0);
  CHECK(tape.memory().bytes == 0);
  constexpr std::size_t n = 1000, numbers = n * sizeof(Real), little = 1000;
  std::size_t known = 0;
  // checks the bytes since the last call: this number of tensors, and a little for nodes and rules
  const auto grew_by = [&](std::size_t tensors) {
    const std::size_t now = tape.memory().bytes, more = now - std::exchange(known, now);
    CAPTURE(more);
    CHECK(more > tensors * numbers);
    CHECK(more < tensors * numbers + little);
  };
  const Var x = tape.variable(zeros({n}));
  CHECK(tape.memory().nodes == 1);
  CHECK(tape.memory().bytes == sizeof(Tape::Node) + numbers);
  grew_by(1);
  Var y = x * x;  // only the value is new; the input is known
  CHECK(tape.memory().nodes == 2);
  grew_by(1);
  const Var constant = zeros({n});
  y = y + constant;  // the value and the constant
  grew_by(2);
  y = y * constant;  // the constant is known
  grew_by(1);
  const Var same = tape.variable(x.shared());  // the same value again
  CHECK(tape.memory().nodes == 5);
  grew_by(0);
  exp(zeros({n}));  // not on the tape
  CHECK(tape.memory().bytes == known);
  const Parameter p(zeros({n}));
  y = y * p;
  y = y * p;
  CHECK(tape.memory().nodes == 8);
  grew_by(3);  // the parameter counts once
  grad(sum(y), x);
  tape.backward(sum(y));
  known = tape.memory().bytes;
  grad(sum(y), x, {.create_graph = true});
  CHECK(tape.memory().bytes > known + 3 * numbers);
}

// ---- warnings

namespace {

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("the handler of warnings") {
  {
    const Warnings outer;
    warn("here", "number ", 1);
    {
      const Warnings inner;
      std::thread([] { warn("thread", 2); }).join();
      CHECK(inner.got == Texts{"[thread] 2"});
    }
    warn("here", "number ", 3);
    CHECK(outer.got == Texts{"[here] number 1", "[here] number 3"});
    // a handler may set another handler
    const WarningHandler old =
        set_warning_handler([](const std::string&) { set_warning_handler({}); });
    warn("here", "number ", 4);
    CHECK(!set_warning_handler(old));
    warn("here", "number ", 5);
    CHECK(outer.got.back() == "[here] number 5");
  }
  const WarningHandler left = set_warning_handler(print_warning);
  using Print = void (*)(const std::string&);
  REQUIRE(left.target<Print>());
  CHECK((*left.target<Print>() == &print_warning));
}

TEST_CASE("a tape that grows from backward pass to backward pass") {
  const Warnings warnings;
  const Parameter p(scalar(2));
  Tape tape;
  Var loss = p * p;
  for (int step = 1; step <= 30; ++step) {
    loss = loss + p * Real(step);
    tape.backward(loss);
    CAPTURE(step);
    CHECK(warnings.got.size() == (step > 10 ? 1 : 0));  // once, when it grew for the tenth time
  }
  REQUIRE(warnings.got.size() == 1);
  CHECK(warnings.got[0] == message_of([&] {  // 2 nodes, and 2 more in each of 11 passes
          fail_usage("tape",
                     "it has grown from one backward pass to the next 10 times, to 24 nodes that "
                     "keep ",
                     warnings.got[0].substr(warnings.got[0].find("keep ") + 5));
        }));
  CHECK(warnings.got[0].ends_with(" bytes. Hint: make a new Tape for each step."));
}

TEST_CASE("tapes that are no cause for a warning") {
  const Warnings warnings;
  const Parameter p(scalar(2));
  for (int step = 0; step < 50; ++step) {  // a new tape for each step
    Tape tape;
    Var loss = p * p;
    for (int i = 0; i < step; ++i) loss = loss * p;
    tape.backward(loss);
    if (step % 3 == 0) tape.backward(loss * p);
  }
  Tape same;
  const Var loss = p * p;
  for (int i = 0; i < 50; ++i) same.backward(loss);  // many passes over one loss
  Tape now_and_then;
  for (int i = 0; i < 50; ++i) {
    const Var more = p * p;
    for (int k = 0; k < 5; ++k) now_and_then.backward(more);
  }
  for (int i = 0; i < 50; ++i) grad(p * p, Var(p));  // grad does not count as a step
  CHECK(warnings.got.empty());
}

TEST_CASE("a handler that throws stops the backward pass before it changes a gradient") {
  const WarningHandler before =
      set_warning_handler([](const std::string& w) { throw std::runtime_error(w); });
  const Parameter p(scalar(2));
  {
    Tape tape;
    Var loss = p;
    for (int step = 1; step <= 11; ++step) {
      loss = loss * 1;
      if (step == 11)
        CHECK_THROWS_AS(tape.backward(loss), std::runtime_error);
      else
        tape.backward(loss);
    }
    CHECK(*p.gradient() == scalar(10));
    tape.backward(loss);
    CHECK(*p.gradient() == scalar(11));
  }
  set_warning_handler(before);
}

}  // namespace reel::inline REEL_PRECISION
