// checkpoint: a segment of a computation as one operation.
#include <reel/autodiff/engine/checkpoint.h>

#include <optional>
#include <set>
#include <vector>

#include <reel/autodiff/core/random_scope.h>
#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/ops/arithmetic.h>

namespace reel::inline REEL_PRECISION {
namespace {

using Segment = std::function<Var(std::span<const Var>)>;

thread_local bool again = false;

// While it is alive, f is recomputed with the random numbers of its first computation.
class Recomputation {
 public:
  explicit Recomputation(const std::optional<RandomScope::State>& random) : outer_(again) {
    if (random) random_.emplace(*random);
    again = true;
  }
  ~Recomputation() { again = outer_; }

 private:
  bool outer_;
  std::optional<RandomScope> random_;
};

// f(xs) on a tape; if the result is a parameter, the tape notes it as used.
Var result_of(const Segment& f, std::span<const Var> xs, Tape& tape) {
  const Var y = f(xs);
  static_cast<void>(y.value());
  tape.node_of(y, "checkpoint");
  return y;
}

// The rule: it computes f again and differentiates by the gradients that the sink wants. With
// tensors f runs on a tape of its own; with variables it runs on the live tape.
struct Recompute {
  Segment f;
  std::size_t argument_count;  // of f; the inputs after them are the parameters that f uses
  std::optional<RandomScope::State> random;

  void operator()(TensorSink& d, const Tensor& g, TensorInputs in, const Tensor&) const {
    Tape tape;
    std::vector<Var> xs;
    for (std::size_t i = 0; i < argument_count; ++i) xs.push_back(tape.variable(in.shared(i)));
    const Var y = again_on(tape, xs);
    for (const Var& parameter : tape.parameters()) {
      check(xs.size() < in.size() && same(parameter, in.shared(xs.size())));
      xs.push_back(parameter);
    }
    check(xs.size() == in.size());
    hand_over(d, grad(detail::on_tape(y), xs, {.seed = g}));
  }

  void operator()(VarSink& d, const Var& g, VarInputs in, const Var&) const {
    Tape& tape = *Tape::recording();
    const std::size_t before = tape.size();
    std::vector<Var> xs;
    for (std::size_t i = 0; i < argument_count; ++i) xs.push_back(detail::fresh_variable(in[i]));
    const Var y = again_on(tape, xs);
    std::set<std::uint32_t> expected;
    for (std::size_t i = argument_count; i < in.size(); ++i) {
      xs.push_back(in[i]);
      expected.insert(tape.node_of(in[i], "checkpoint"));
    }
    check(used_from_outside(tape, before, y) == expected);
    hand_over(d, grad(detail::on_tape(y), xs, {.create_graph = true, .seed = g, .partial = true}));
  }

  Var again_on(Tape& tape, std::span<const Var> xs) const {
    const Recomputation recomputation(random);
    return result_of(f, xs, tape);
  }

  // The leaves that y depends on, other than the arguments. y was computed when the tape had
  // `before` nodes.
  std::set<std::uint32_t> used_from_outside(Tape& tape, std::size_t before, const Var& y) const {
    std::set<std::uint32_t> used;
    const auto note = [&](std::uint32_t node) {
      if (node < before) used.insert(node);
    };
    for (std::size_t i = before + argument_count; i < tape.size(); ++i)  // after the arguments
      for (const Input& in : tape.node(i).input_list()) note(in.node);
    note(tape.node_of(y, "checkpoint"));
    for (const std::uint32_t node : tape.parameter_nodes())
      if (node >= before) used.insert(node);
    return used;
  }

  static bool same(const Var& a, const SharedTensor& b) {
    return a.shared().identity() == b.identity();
  }

  static void check(bool as_before) {
    if (!as_before)
      fail_usage("checkpoint", "the segment used other parameters when it was computed again.");
  }

  template <class Sink>
  static void hand_over(Sink& d, const std::vector<Var>& gradients) {
    for (std::size_t i = 0; i < gradients.size(); ++i)
      if constexpr (std::is_same_v<Sink, TensorSink>)
        d.add(i, gradients[i].value());
      else
        d.add(i, gradients[i]);
  }
};

}  // namespace

Var checkpoint(Segment f, std::span<const Var> inputs) {
  if (!Tape::recording()) return f(inputs);
  std::vector<Var> used(inputs.begin(), inputs.end());
  std::optional<RandomScope::State> random;
  if (const RandomScope* current = RandomScope::current()) random = current->state();
  SharedTensor value;
  {
    Tape discarded;
    std::vector<Var> xs;
    for (const Var& x : inputs) xs.push_back(discarded.variable(x.shared()));
    value = result_of(f, xs, discarded).shared();
    for (const Var& parameter : discarded.parameters()) used.push_back(parameter);
  }
  const std::vector<Operand> operands(used.begin(), used.end());
  return record("checkpoint", operands, std::move(value),
                Recompute{std::move(f), inputs.size(), random});
}

bool recomputing() noexcept { return again; }

Var checkpoint(Segment f, std::initializer_list<Var> inputs) {
  return checkpoint(std::move(f), std::span<const Var>(inputs.begin(), inputs.size()));
}

}  // namespace reel::inline REEL_PRECISION
