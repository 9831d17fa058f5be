// Mistakes with variables, tapes, gradients and what watches them.
#include <cmath>
#include <memory>
#include <optional>
#include <thread>

#include "mistake.h"

using namespace reel;

namespace {

const Tensor ones3 = vector({1, 1, 1});

// What the attempt says on another thread.
template <class F>
std::string elsewhere(F&& attempt) {
  std::string said;
  std::thread([&] {
    try {
      attempt();
    } catch (const Error& error) {
      said = error.what();
    }
  }).join();
  return said;
}

}  // namespace

TEST_CASE("mistakes: variables and parameters") {
  check_mistakes({
      {"add to a Var that was never set",
       [] {
         Var total;
         total += Var(1);
       },
       "[var] is empty: it was never given a value."},
      {"use a Parameter that was moved away",
       [] {
         Parameter p(ones3, "w"), q = std::move(p);
         return sum(p * 2);  // NOLINT(bugprone-use-after-move)
       },
       "[parameter] is empty. Hint: was its module moved away?"},
      {"set a value of another shape",
       [] {
         Parameter p(ones3, "out.bias");
         p.set_value(zeros({4}));
       },
       "[parameter \"out.bias\"] has shape (3), got a value of shape (4)."},
      {"set a gradient of another shape",
       [] {
         Parameter p(ones3, "out.bias");
         p.set_gradient(zeros({4}));
       },
       "[parameter \"out.bias\"] has shape (3), got a gradient of shape (4)."},
      {"change a parameter between forward and backward",
       [] {
         Parameter p(ones3, "out.bias");
         Tape tape;
         const Var loss = sum(square(p));
         p.mutate() *= 2;
         tape.backward(loss);
       },
       "[square] an input of shape (3) (\"out.bias\") was changed after it was recorded. Hint: "
       "differentiate before the optimiser's step."},
      {"step before the second backward of two losses",
       [] {
         Parameter p(ones3, "shared.weight");
         optim::Sgd sgd({p}, {.lr = 0.1});
         Tape tape;
         const Var first = sum(square(p)), second = sum(exp(p));
         tape.backward(first);
         sgd.step();
         tape.backward(second);
       },
       "[exp] an input of shape (3) (\"shared.weight\") was changed after it was recorded. Hint: "
       "differentiate before the optimiser's step."},
      {"a substituted value of another shape",
       [] {
         Parameter p(ones3, "w");
         const Substitution scope(std::vector{p}, std::vector{Var(zeros({4}))});
       },
       "[substitution] parameter \"w\" has shape (3), its value (4)."},
      {"substitute two parameters by one value",
       [] {
         Parameter p(ones3, "w"), q(ones3, "b");
         const Substitution scope(std::vector{p, q}, std::vector{Var(zeros({3}))});
       },
       "[substitution] 2 parameters and 1 values."},
  });
}

TEST_CASE("mistakes: tapes") {
  check_mistakes({
      {"grad without a tape", [] { return grad(Var(3), Var(2)); },
       "[grad] no tape is alive. Hint: make a Tape before the computation to differentiate."},
      {"compute the loss before the tape is made",
       [] {
         Parameter p(ones3, "w");
         const Var loss = sum(square(p));
         Tape tape;
         tape.backward(loss);
       },
       "[backward] the loss depends on no parameter of this tape. Hint: was it computed before the "
       "tape was made, or under NoTape? If it was computed from a gradient, ask for that one with "
       "{.create_graph = true}."},
      {"compute the loss under NoTape",
       [] {
         Parameter p(ones3, "w");
         Tape tape;
         Var loss;
         {
           const NoTape off;
           loss = sum(square(p));
         }
         tape.backward(loss);
       },
       "[backward] the loss depends on no parameter of this tape. Hint: was it computed before the "
       "tape was made, or under NoTape? If it was computed from a gradient, ask for that one with "
       "{.create_graph = true}."},
      {"backward of a batch of losses",
       [] {
         Parameter p(ones3, "w");
         Tape tape;
         tape.backward(square(p));
       },
       "[backward] the loss has shape (3), expected one element. Hint: sum or average it."},
      {"backward of the outer tape while an inner one is alive",
       [] {
         Parameter p(ones3, "w");
         Tape outer;
         const Var loss = sum(square(p));
         Tape inner;
         outer.backward(loss);
       },
       "[backward] another tape is alive inside this one. Hint: end that one first."},
      {"a variable of the outer tape while an inner one is alive",
       [] {
         Tape outer, inner;
         return outer.variable(ones3);
       },
       "[tape] this is not the innermost tape. Hint: make the variable on the innermost one."},
      {"use a variable of the outer tape on the inner one",
       [] {
         Tape outer;
         const Var x = outer.variable(ones3, "x");
         Tape inner;
         return square(x);
       },
       "[square] an input of shape (3) (\"x\") was recorded on another tape, outside this one. "
       "Hint: record it on this tape, or pass its value()."},
      {"use a variable of a tape that has ended",
       [] {
         Var x;
         {
           Tape tape;
           x = tape.variable(ones3, "x");
         }
         Tape tape;
         return square(x);
       },
       "[square] an input of shape (3) (\"x\") was recorded on a tape that has ended, or of "
       "another thread. Hint: record it on this tape, or pass its value()."},
      {"a variable without a value",
       [] {
         Tape tape;
         return tape.variable(SharedTensor(), "x");
       },
       "[tape] a variable takes a value, got an empty handle."},
      {"one tape for all steps",
       [] {
         Parameter p(ones3, "w");
         Tape tape;
         for (int i = 0; i < 12; ++i) tape.backward(sum(square(p)));
       },
       "warning: [tape] it has grown from one backward pass to the next 10 times, to 23 nodes that "
       "keep … bytes. Hint: make a new Tape for each step."},
      {"backward on another thread",
       [] {
         Parameter p(ones3, "w");
         Tape tape;
         const Var loss = sum(square(p));
         return elsewhere([&] { tape.backward(loss); });
       },
       "[backward] the tape belongs to another thread. Hint: make the tape, compute and "
       "differentiate on one thread."},
      {"use a variable on another thread",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         return elsewhere([&] {
           Tape own;
           return square(x);
         });
       },
       "[square] an input of shape (3) (\"x\") was recorded on a tape that has ended, or of "
       "another thread. Hint: record it on this tape, or pass its value()."},
      {"end the tapes in the wrong order",
       [] {
         std::optional<Tape> first(std::in_place), second(std::in_place);
         first.reset();
         const Var x = second->variable(scalar(3));
         const std::string result = concat("2x = ", grad(square(x), x).item());
         second.reset();
         return result + (Tape::recording() ? ", and a tape still records" : "");
       },
       "2x = 6"},
      {"checkpoint of a function that uses another variable",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x"), y = tape.variable(ones3, "y");
         return checkpoint([&](const Var& v) { return v * y; }, x);
       },
       "[multiply] an input of shape (3) (\"y\") was recorded on another tape, outside this one. "
       "Hint: record it on this tape, or pass its value()."},
      {"checkpoint of a function that changes its mind",
       [] {
         Parameter p(ones3, "p"), q(ones3, "q");
         int calls = 0;
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         tape.backward(sum(checkpoint([&](const Var& v) { return v * (calls++ ? q : p); }, x)));
       },
       "[checkpoint] the segment used other parameters when it was computed again."},
  });
}

TEST_CASE("mistakes: gradients") {
  check_mistakes({
      {"a second derivative without create_graph",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         const Var slope = grad(sum(x * x * x), x);
         return grad(sum(slope), x);
       },
       "[grad] y of shape () is a constant: it depends on no variable of this tape. Hint: if it "
       "was computed from a gradient, ask for that one with {.create_graph = true}; was it "
       "computed before the tape was made, or under NoTape?"},
      {"a gradient penalty without create_graph",
       [] {
         Parameter w(ones3, "w");
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         const Var slope = grad(sum(tanh(w * x)), x);
         tape.backward(sum(square(slope)));
       },
       "[backward] the loss depends on no parameter of this tape. Hint: was it computed before the "
       "tape was made, or under NoTape? If it was computed from a gradient, ask for that one with "
       "{.create_graph = true}."},
      // a gradient may be meant as a constant, as in first-order meta-learning: nobody can tell
      {"a gradient penalty beside a loss, without create_graph",
       [] {
         Parameter w(scalar(3), "w");
         Tape tape;
         const Var x = tape.variable(scalar(2), "x"), y = square(w * x);
         tape.backward(y + square(grad(y, x)));
         return concat("gradient ", item(*w.gradient()));  // of y alone
       },
       "gradient 24"},
      {"grad of a vector",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         return grad(square(x), x);
       },
       "[grad] y has shape (3), and only a scalar has a gradient. Hint: sum it, or give a seed."},
      {"grad of a function with a vector as its value",
       [] { return grad([](const Var& x) { return square(x); })(ones3); },
       "[grad] y has shape (3), and only a scalar has a gradient. Hint: sum it, or give a seed."},
      {"grad by a tensor that is no variable",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x"), c = ones3;
         return grad(sum(x * c), c);
       },
       "[grad] x 0 of shape (3) is a constant. Hint: make it with tape.variable(…), or a "
       "Parameter."},
      {"grad by a frozen parameter",
       [] {
         Parameter w(ones3, "w"), v(ones3, "v");
         w.freeze();
         Tape tape;
         return grad(sum(w * v), Var(w));
       },
       "[grad] x 0 (\"w\") of shape (3) is a constant. Hint: unfreeze() the parameter."},
      {"a seed of another shape",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         return grad(square(x), x, {.seed = zeros({2})});
       },
       "[grad] the seed has shape (2), y (3)."},
      {"two values and one seed",
       [] {
         Tape tape;
         const Var x = tape.variable(ones3, "x");
         const std::vector<Var> ys = {square(x), exp(x)}, seeds = {Var(ones3)};
         return grad(ys, seeds, std::vector{x});
       },
       "[grad] 2 ys and 1 seeds."},
      {"hvp with a direction of another shape",
       [] { return hvp([](const Var& x) { return sum(square(x)); }, ones3, zeros({2})); },
       "[hvp] the direction has shape (2), x (3)."},
      {"hessian of a vector", [] { return hessian([](const Var& x) { return square(x); })(ones3); },
       "[grad] y has shape (3), and only a scalar has a gradient. Hint: sum it, or give a seed."},
      {"batch_jacobian of one sample",
       [] { return batch_jacobian([](const Var& x) { return square(x); })(ones3); },
       "[batch_jacobian] takes a function (batch,n) → (batch,m), got (3) → (3)."},
      {"batch_jacobian where rows depend on each other",
       [] {
         return batch_jacobian([](const Var& x) { return x - mean(x, 0); })(
             matrix({{1, 2}, {3, 4}}));
       },
       "[batch_jacobian] a row of f(x) depends on other rows of x. Hint: is batch norm in training "
       "mode, or does f reduce over all axes?"},
      {"per-sample gradients of a layer that is not affine",
       [] {
         Parameter w(ones3, "scale.weight");
         Tape tape;
         return per_sample_gradients(sum(Var(zeros({5, 3})) * w), std::vector{w});
       },
       "[per_sample_gradients] parameter \"scale.weight\" is used by multiply; only Linear layers "
       "with a bias have gradients by sample."},
      {"per-sample gradients of another model's parameters",
       [] {
         Parameter w(ones3, "w"), other(ones3, "other.weight");
         Tape tape;
         return per_sample_gradients(sum(square(w)), std::vector{other});
       },
       "[per_sample_gradients] the loss does not depend on parameter \"other.weight\"."},
  });
}

TEST_CASE("mistakes: checks and observers") {
  const auto squares = [](std::span<const Var> in) { return square(in[0]); };
  const auto report = [](const CheckedFunction& f, const CheckOptions& options = {}) {
    return check_gradients(f, {vector({0.5, 2})}, options).describe();
  };
  check_mistakes({
      {"a rule with a wrong factor",
       [&] {
         return report([](std::span<const Var> in) {
           return record("cube", {in[0]}, in[0].value() * in[0].value() * in[0].value(),
                         [](auto& d, auto& g, auto x, auto&) { d.add(0, g * x[0] * x[0]); });
         });
       },
       "order 1: ∂f(1)/∂x0(1) is 4, numerically 12 (fused sweep, step 0.002): … times the allowed "
       "difference. At fault: \"cube\" (2) → (2), operation 1 of 1. 4 derivatives compared."},
      {"value() in place of the Var",
       [&] { return report([](std::span<const Var> in) { return in[0] * in[0].value(); }); },
       "order 1: ∂f(1)/∂x0(1) is 2, numerically 4 (fused sweep, step 0.002): … times the allowed "
       "difference. At fault: \"multiply\" (2), (2) → (2), operation 1 of 1, whose input 1 is a "
       "constant that changes with x. 4 derivatives compared."},
      {"check a function that draws random numbers",
       [&] {
         Rng rng(1);
         return report([&](std::span<const Var> in) { return in[0] * rng.uniform(); });
       },
       "f is not deterministic: two evaluations at the same inputs differ."},
      {"check where the logarithm is infinite",
       [] {
         return check_gradients([](std::span<const Var> in) { return log(in[0]); }, {zeros({2})})
             .describe();
       },
       "the value at the inputs is not finite: infinity at (0)."},
      {"order 0", [&] { return report(squares, {.order = 0}); },
       "[check] the order is at least 1, not 0."},
      {"a step of 0", [&] { return report(squares, {.step = 0}); },
       "[check] takes a step above 0 and tolerances of 0 or more, got step 0, rtol 1e-06 and atol "
       "1e-08."},
      {"two names for one input",
       [&] {
         return report(squares, {.names = {"x", "y"}});
       },
       "[check] got 2 names for 1 inputs."},
      {"no projections", [&] { return report(squares, {.fast = true, .projections = 0}); },
       "[check] takes at least 1 projection, not 0."},
      {"the logarithm of a negative number in anomaly mode",
       [] {
         const AnomalyMode anomaly;
         const Scope scope("net");
         return log(Var(vector({1, -1})));
       },
       "[log] at \"net\": forward, the value is not finite: (2) in [0, 0], 1 NaN. input 0 (2) in "
       "[-1, 1]."},
      {"anomaly mode on another thread than the training",
       [] {
         const AnomalyMode anomaly;
         Parameter p(ones3, "w");
         std::thread([&] {
           Tape tape;
           tape.backward(sum(square(p)));
         }).join();
       },
       "warning: [observer] anomaly mode or a profile is alive, but on another thread than this "
       "one, which it does not see. Hint: make one on each thread."},
      {"no threads", [] { set_threads(0); }, "[threads] expected at least 1 thread."},
      {"a random number below 0", [] { return Rng(1).below(0); },
       "[rng] below(0) has no number to draw."},
  });
}
