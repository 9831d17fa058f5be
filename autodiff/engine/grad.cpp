// The backward sweep over a tape: with tensors, or with variables if the sweep itself is recorded.
#include <reel/autodiff/engine/grad.h>

#include <algorithm>
#include <vector>

#include <reel/autodiff/core/pool.h>
#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/engine/gradient_use.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/ops/arithmetic.h>

namespace reel::inline REEL_PRECISION {
namespace {

// n elements T() for one sweep. A rule may differentiate and so begin another sweep, with a buffer
// of its own.
template <class T>
class Buffer {
 public:
  explicit Buffer(std::size_t n) { elements_->resize(n); }
  T* data() { return elements_->data(); }
  T& operator[](std::size_t i) { return (*elements_)[i]; }

 private:
  Pooled<std::vector<T>> elements_;
};

using Flag = std::uint8_t;  // a bool that std::vector stores as a byte

void check_unchanged(const Tape::Node& node) {
  for (const Input& in : node.input_list())
    if (in.version != in.value.version()) {
      const std::string name = in.value.name();
      fail_usage(
          node.operation, "an input of shape ", to_string(in.value->shape()),
          name.empty() ? "" : concat(" (\"", name, "\")"),
          " was changed after it was recorded. Hint: differentiate before the optimiser's step.");
    }
}

// Calls apply_rule, and tells the observers before and after.
template <class Gradient>
void apply_rule_observed(Tape& tape, std::uint32_t i, const Gradients<Gradient>& gradients,
                         const Gradient& g) {
  const Tape::Node node = tape.node(i);             // a copy: the rule may append nodes
  const Scope scope(node.scope ? node.scope : "");  // for the operations of the rule
  const OperationEvent begins{node.operation,
                              node.scope ? node.scope : "",
                              node.value,
                              node.input_count,
                              node.inputs,
                              [](const void* inputs, std::size_t k) -> const SharedTensor& {
                                return static_cast<const Input*>(inputs)[k].value;
                              }};
  Observer::tell(&Observer::rule_begins, begins);
  detail::apply_rule(tape, i, gradients, g);
  const BackwardEvent ended{
      begins, value_of(g), &gradients,
      [](const void* all, const void* inputs, std::size_t k) -> const Tensor* {
        const auto& made = *static_cast<const Gradients<Gradient>*>(all);
        const std::uint32_t input = static_cast<const Input*>(inputs)[k].node;
        return made.asked(input) && made[input] ? &value_of(made[input]) : nullptr;
      }};
  Observer::tell(&Observer::rule_ended, ended);
}

// How a node is visited. pass: its gradient goes to its rule, and the slot is emptied; save: it
// goes to the rule and stays in the slot; end: it stays in the slot, and the rule does not run.
enum class Visit { pass, save, end };

// Visits the nodes from `last` down to `gradients.first`; visit(i) says how to visit node i.
template <class Gradient, class VisitAt>
void sweep(Tape& tape, std::uint32_t last, const Gradients<Gradient>& gradients, VisitAt&& visit) {
  for (std::uint32_t i = last + 1; i-- > gradients.first;) {
    if (!gradients[i] || !tape.node(i).code) continue;
    const Visit how = visit(i);
    if (how == Visit::end) continue;
    check_unchanged(tape.node(i));
    const Gradient g = how == Visit::save ? gradients[i] : std::exchange(gradients[i], {});
    if (Observer::innermost())
      apply_rule_observed(tape, i, gradients, g);
    else
      detail::apply_rule(tape, i, gradients, g);
  }
  Observer::tell(&Observer::boundary);
}

Tape& live_tape(const char* operation) {
  if (Tape* tape = Tape::innermost()) return *tape;
  fail_usage(operation,
             "no tape is alive. Hint: make a Tape before the computation to differentiate.");
}

void check_seed(const Var& y, const Var& seed) {
  if (seed.shape() != y.shape())
    fail_usage("grad", "the seed has shape ", to_string(seed.shape()), ", y ", to_string(y.shape()),
               '.');
}

// Expects the flags of the xs to be set. Sets nodes[i] if node first + i depends on an x: no other
// node needs a gradient.
void mark_dependent(const Tape& tape, std::uint32_t first, std::uint32_t last,
                    Buffer<Flag>& nodes) {
  for (std::uint32_t i = first; i <= last; ++i)
    for (const Input& in : tape.node(i).input_list())
      nodes[i - first] |= in.node != Input::constant && in.node >= first && nodes[in.node - first];
}

// A value to differentiate, and its seed: the gradient that the sweep starts from.
struct Root {
  std::uint32_t node;
  const Var& seed;
};

void add_seed(SharedTensor& slot, const Var& seed) {
  if (slot)
    slot = *slot + seed.value();
  else  // copy the value of a variable, which may change later
    slot = seed.requires_grad() ? SharedTensor(seed.value()) : seed.shared();
}
void add_seed(Var& slot, const Var& seed) { slot = slot ? slot + seed : seed; }

// Visits only the nodes from the first x to the last root, so that a small gradient on a long tape
// is cheap.
template <class Gradient>
std::vector<Var> gradients_of(Tape& tape, std::span<const Root> roots, std::span<const Var> xs,
                              std::span<const std::uint32_t> x_nodes, bool partial) {
  std::vector<Var> result;
  result.reserve(xs.size());
  std::uint32_t first = Input::constant, last = 0;
  for (const std::uint32_t x : x_nodes) first = std::min(first, x);
  for (const Root& root : roots) last = std::max(last, root.node);
  const std::size_t count = roots.empty() || first > last ? 0 : last - first + 1;
  Buffer<Flag> asked(count), is_x(count);
  Buffer<Gradient> slots(count);
  const auto in_range = [=](std::uint32_t node) { return node >= first && node - first < count; };
  if (count > 0) {
    for (const std::uint32_t x : x_nodes)
      if (in_range(x)) asked[x - first] = is_x[x - first] = true;
    mark_dependent(tape, first, last, asked);
    const Gradients<Gradient> gradients{slots.data(), asked.data(), first};
    for (const Root& root : roots)
      if (gradients.asked(root.node)) add_seed(gradients[root.node], root.seed);
    const Visit at_x = partial ? Visit::end : Visit::save;
    sweep(tape, last, gradients,
          [&](std::uint32_t i) { return is_x[i - first] ? at_x : Visit::pass; });
  }
  for (std::size_t i = 0; i < xs.size(); ++i)
    if (in_range(x_nodes[i]) && slots[x_nodes[i] - first])
      result.emplace_back(slots[x_nodes[i] - first]);
    else
      result.emplace_back(zeros(xs[i].shape()));
  if constexpr (std::is_same_v<Gradient, Var>)  // a constant gradient can be differentiated too
    for (Var& gradient : result) gradient = detail::on_tape(gradient);
  return result;
}

}  // namespace

void detail::apply_rule(Tape& tape, std::uint32_t i, const Gradients<SharedTensor>& gradients,
                        const SharedTensor& g) {
  const Tape::Node& node = tape.node(i);
  TensorSink sink(node.input_list(), gradients, g);
  node.code->with_tensors(node.rule, sink, *g, TensorInputs(node.input_list(), tape), *node.value);
}

void detail::apply_rule(Tape& tape, std::uint32_t i, const Gradients<Var>& gradients,
                        const Var& g) {
  // the rule appends nodes, which may move `node`: pass it no reference into the node
  const Tape::Node& node = tape.node(i);
  VarSink sink(node.input_list(), gradients);
  node.code->with_vars(node.rule, sink, g, VarInputs(node.input_list(), tape), tape.var(i));
}

std::vector<Var> grad(std::span<const Var> ys, std::span<const Var> seeds, std::span<const Var> xs,
                      const GradOptions& options) {
  if (ys.size() != seeds.size()) fail_usage("grad", ys.size(), " ys and ", seeds.size(), " seeds.");
  Tape& tape = live_tape("grad");
  std::vector<std::uint32_t> x_nodes;
  for (const Var& x : xs) {
    x_nodes.push_back(tape.node_of(x, "grad"));
    if (x_nodes.back() == Input::constant) {
      const bool frozen = x.shared().has_metadata() && x.shared().metadata().frozen;
      fail_usage(
          "grad", "x ", x_nodes.size() - 1, x.name().empty() ? "" : concat(" (\"", x.name(), "\")"),
          " of shape ", to_string(x.shape()), " is a constant. Hint: ",
          frozen ? "unfreeze() the parameter." : "make it with tape.variable(…), or a Parameter.");
    }
  }
  std::vector<Root> roots;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    check_seed(ys[i], seeds[i]);
    const std::uint32_t node = tape.node_of(ys[i], "grad");
    if (node != Input::constant) roots.push_back({node, seeds[i]});
  }
  if (!options.create_graph) {
    const NoTape suspended;
    return gradients_of<SharedTensor>(tape, roots, xs, x_nodes, options.partial);
  }
  const RecordOn resumed(&tape);
  return gradients_of<Var>(tape, roots, xs, x_nodes, options.partial);
}

std::vector<Var> grad(const Var& y, std::span<const Var> xs, const GradOptions& options) {
  static_cast<void>(live_tape("grad"));
  if (!y.requires_grad())
    fail_usage("grad", "y of shape ", to_string(y.shape()),
               " is a constant: it depends on no variable of this tape. Hint: if it was computed "
               "from a gradient, ask for that one with {.create_graph = true}; was it computed "
               "before the tape was made, or under NoTape?");
  if (!options.seed && y.value().size() != 1)
    fail_usage("grad", "y has shape ", to_string(y.shape()),
               ", and only a scalar has a gradient. Hint: sum it, or give a seed.");
  const Var seed = options.seed ? options.seed : Var(full(y.shape(), 1));
  return grad(std::span(&y, 1), std::span(&seed, 1), xs, options);
}

std::vector<Var> grad(const Var& y, std::initializer_list<Var> xs, const GradOptions& options) {
  return grad(y, std::span<const Var>(xs.begin(), xs.size()), options);
}

Var grad(const Var& y, const Var& x, const GradOptions& options) {
  return grad(y, std::span<const Var>(&x, 1), options)[0];
}

std::vector<Var> grad(const Var& y, std::span<const Parameter> parameters,
                      const GradOptions& options) {
  const std::vector<Var> xs(parameters.begin(), parameters.end());
  return grad(y, std::span<const Var>(xs), options);
}

// Warns if optimisers have made many steps, and none of them used the gradient of this parameter.
static void expect_use(SharedTensor::Metadata& parameter) {
  if (optimizer_steps() != parameter.steps_before + steps_without_use) return;
  warn("backward", "parameter \"", parameter.name, "\" has gradients, but in ", steps_without_use,
       " steps no optimiser has used them. Hint: does the model's visit list it, and was the "
       "optimiser made with it? If it is not to be trained, freeze() it.");
}

// Warns, once on each thread, that observers of other threads do not see this one.
static void expect_observer() {
  thread_local bool warned = false;
  if (warned || Observer::innermost() || Observer::alive() == 0) return;
  warned = true;
  warn("observer",
       "anomaly mode or a profile is alive, but on another thread than this one, which "
       "it does not see. Hint: make one on each thread.");
}

void Tape::backward(const Var& loss) {
  expect_own_thread("backward");
  if (loss.value().size() != 1)
    fail_usage("backward", "the loss has shape ", to_string(loss.shape()),
               ", expected one element. Hint: sum or average it.");
  if (this != innermost_)
    fail_usage("backward", "another tape is alive inside this one. Hint: end that one first.");
  const std::uint32_t last = node_of(loss, "backward");
  if (last == Input::constant)
    fail_usage(
        "backward",
        "the loss depends on no parameter of this tape. Hint: was it computed "
        "before the tape was made, or under NoTape? If it was computed from a gradient, ask for "
        "that one with {.create_graph = true}.");
  watch_growth();
  expect_observer();
  Buffer<SharedTensor> slots(size());
  slots[last] = SharedTensor::full(loss.shape(), 1);
  {
    const NoTape suspended;
    sweep(*this, last, Gradients<SharedTensor>{slots.data(), nullptr, 0},
          [](std::uint32_t) { return Visit::pass; });
  }
  for (const std::uint32_t i : parameter_nodes()) {
    if (i > last || !slots[i]) continue;
    // give the parameter its own tensor, even if two nodes share this gradient
    SharedTensor added = slots[i].unique() ? std::move(slots[i]) : SharedTensor(*slots[i]);
    SharedTensor::Metadata& parameter = node(i).value.metadata();
    SharedTensor& gradient = parameter.gradient;
    if (!gradient) {
      gradient = std::move(added);
      parameter.steps_before = optimizer_steps();
      continue;
    }
    expect_use(parameter);
    if (gradient.unique())
      add_to(gradient.mutate(), *added);
    else
      gradient = *gradient + *added;
  }
}

Var detail::on_tape(const Var& y) {
  return y.requires_grad() || !Tape::recording() ? y : Tape::recording()->variable(y.shared());
}

Var detail::fresh_variable(const Var& x) {
  Tape& tape = *Tape::recording();
  if (!x.requires_grad()) return tape.variable(x.shared());
  return record("variable", {x}, x.shared(), [](auto& d, auto& g, auto, auto&) { d.add(0, g); });
}

}  // namespace reel::inline REEL_PRECISION
