// A segment of a computation as one operation.
#include <reel/autodiff/checkpoint.h>

#include <vector>

#include <reel/autodiff/grad.h>
#include <reel/autodiff/ops.h>

namespace reel::inline REEL_PRECISION {
namespace {

using Segment = std::function<Var(std::span<const Var>)>;

// The rule: f is computed again, on a tape of its own or, in the world of variables, on the live
// one, and differentiated by what the sink wants.
struct Recompute {
  Segment f;
  std::size_t argument_count;  // of f; the inputs after them are parameters that it uses

  void operator()(TensorSink& d, const Tensor& g, TensorInputs in, const Tensor&) const {
    Tape tape;
    std::vector<Var> xs;
    for (std::size_t i = 0; i < argument_count; ++i) xs.push_back(tape.variable(in.shared(i)));
    const Var y = f(xs);
    for (const Var& parameter : tape.parameters()) xs.push_back(parameter);
    if (xs.size() != in.size())
      fail_usage("checkpoint", "the segment used ", in.size() - argument_count,
                 " parameters at first and ", xs.size() - argument_count, " when computed again.");
    hand_over(d, grad(y, xs, {.seed = g}));
  }

  void operator()(VarSink& d, const Var& g, VarInputs in, const Var&) const {
    std::vector<Var> xs;
    for (std::size_t i = 0; i < argument_count; ++i) xs.push_back(detail::fresh_variable(in[i]));
    const Var y = f(xs);
    for (std::size_t i = argument_count; i < in.size(); ++i) xs.push_back(in[i]);
    hand_over(d, grad(y, xs, {.create_graph = true, .seed = g}));
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
  SharedTensor value;
  {
    Tape discarded;
    std::vector<Var> xs;
    for (const Var& x : inputs) xs.push_back(discarded.variable(x.shared()));
    value = f(xs).shared();
    for (const Var& parameter : discarded.parameters()) used.push_back(parameter);
  }
  const std::vector<Operand> operands(used.begin(), used.end());
  return record("checkpoint", operands, std::move(value), Recompute{std::move(f), inputs.size()});
}

}  // namespace reel::inline REEL_PRECISION
