// The tape: how it appends operations, and storage that later tapes reuse.
#include <reel/autodiff/engine/tape.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <unordered_set>
#include <vector>

#include <reel/autodiff/core/warning.h>
#include <reel/autodiff/engine/arena.h>
#include <reel/autodiff/engine/leaf_table.h>
#include <reel/autodiff/engine/scope.h>

namespace reel::inline REEL_PRECISION {

struct Tape::Storage {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> parameters;
  LeafTable leaves;
  Arena arena;
  const char* scope = nullptr;  // the path at `scope_version`, stored in the arena
  std::uint64_t scope_version = 0;
  std::size_t swept = 0;  // number of nodes at the last backward pass
  int growths = 0;        // consecutive backward passes that found more nodes than the pass before

  const char* current_scope() {
    if (scope_version != Scope::version()) {
      const std::string& path = Scope::path();
      char* text = nullptr;
      if (!path.empty()) {
        text = static_cast<char*>(arena.take(path.size() + 1));
        std::copy_n(path.c_str(), path.size() + 1, text);
      }
      scope = text;
      scope_version = Scope::version();
    }
    return scope;
  }

  std::size_t capacity() const noexcept { return nodes.capacity(); }
  void clear() noexcept {
    for (Node& node : nodes) {
      if (node.code) node.code->destroy(node.rule);
      for (std::uint32_t i = 0; i < node.input_count; ++i) node.inputs[i].~Input();
    }
    nodes.clear();
    parameters.clear();
    leaves.clear();
    arena.reset();
    scope = nullptr;
    scope_version = swept = 0;
  }
};

namespace {

// Each thread reserves a million numbers at a time, so that threads do not wait for each other.
std::uint64_t next_id() {
  constexpr std::uint64_t at_once = 1 << 20;
  static std::atomic<std::uint64_t> next_block{1};
  constinit thread_local std::uint64_t next = 0, end = 0;
  if (next == end) {
    next = next_block.fetch_add(at_once, std::memory_order_relaxed);
    end = next + at_once;
  }
  return next++;
}

}  // namespace

constinit thread_local Tape* Tape::innermost_ = nullptr;
constinit thread_local Tape* Tape::recording_ = nullptr;
constinit thread_local RecordOn* RecordOn::innermost_ = nullptr;
constinit thread_local Observer* Observer::innermost_ = nullptr;

Tape::Tape() : id_(next_id()), outer_(innermost_), recording_before_(recording_) {
  Observer::tell(&Observer::boundary);
  innermost_ = recording_ = this;
}

// A tape in a std::optional can end before a later tape or RecordOn: nothing may refer to it then.
Tape::~Tape() {
  if (thread_ != &innermost_) {
    std::fputs("[tape] ended on another thread than it was made on.\n", stderr);
    std::abort();
  }
  if (innermost_ == this) innermost_ = outer_;
  if (recording_ == this) recording_ = recording_before_;
  for (Tape* tape = innermost_; tape; tape = tape->outer_) {
    if (tape->outer_ == this) tape->outer_ = outer_;
    if (tape->recording_before_ == this) tape->recording_before_ = recording_before_;
  }
  for (RecordOn* scope = RecordOn::innermost_; scope; scope = scope->outer_)
    if (scope->before_ == this) scope->before_ = recording_before_;
}

void Tape::expect_own_thread(const char* operation) const {
  if (thread_ != &innermost_)
    fail_usage(operation,
               "the tape belongs to another thread. Hint: make the tape, compute and "
               "differentiate on one thread.");
}

std::size_t Tape::size() const noexcept { return storage_->nodes.size(); }

const Tape::Node& Tape::node(std::size_t i) const { return storage_->nodes[i]; }

std::span<const std::uint32_t> Tape::parameter_nodes() const noexcept {
  return storage_->parameters;
}

std::vector<Var> Tape::parameters() const {
  std::vector<Var> result;
  for (const std::uint32_t i : parameter_nodes())
    result.push_back(Var(node(i).value, Var::any_tape, 0));
  return result;
}

TapeMemory Tape::memory() const {
  TapeMemory memory{size(), size() * sizeof(Node) + storage_->arena.used()};
  std::unordered_set<const void*> seen;
  const auto add = [&](const SharedTensor& value) {
    if (seen.insert(value.identity()).second) memory.bytes += value->size() * sizeof(Real);
  };
  for (const Node& node : storage_->nodes) {
    add(node.value);
    for (const Input& in : node.input_list()) add(in.value);
  }
  return memory;
}

void Tape::watch_growth() {
  constexpr int too_often = 10;
  Storage& storage = *storage_;
  storage.growths = storage.swept > 0 && size() > storage.swept ? storage.growths + 1 : 0;
  storage.swept = size();
  if (storage.growths != too_often) return;
  const TapeMemory now = memory();
  warn("tape", "it has grown from one backward pass to the next ", too_often, " times, to ",
       now.nodes, " nodes that keep ", now.bytes, " bytes. Hint: make a new Tape for each step.");
}

std::uint32_t Tape::append_leaf(SharedTensor value) {
  storage_->nodes.push_back({nullptr, nullptr, nullptr, nullptr, nullptr, 0, std::move(value)});
  return static_cast<std::uint32_t>(storage_->nodes.size() - 1);
}

// `entry`: the parameter's entry in the leaf table
std::uint32_t Tape::append_parameter(std::uint32_t& entry, SharedTensor value) {
  entry = append_leaf(std::move(value));
  storage_->parameters.push_back(entry);
  return entry;
}

Var Tape::variable(SharedTensor value, std::string name) {
  expect_own_thread("tape");
  if (this != innermost_)
    fail_usage("tape",
               "this is not the innermost tape. Hint: make the variable on the innermost one.");
  if (!value) fail_usage("tape", "a variable takes a value, got an empty handle.");
  if (!name.empty()) value.metadata().name = std::move(name);
  return var(append_leaf(value));
}

std::uint32_t Tape::node_of(const Var& v, const char* operation) {
  if (v.tape_ == id_) return v.node_;
  if (v.tape_ == Var::no_tape) return Input::constant;
  if (v.tape_ == Var::any_tape) {
    std::uint32_t& entry = storage_->leaves.find_or_add(v.value_.identity());
    return entry == LeafTable::absent ? append_parameter(entry, v.value_) : entry;
  }
  bool alive = false;
  for (const Tape* tape = innermost_; tape; tape = tape->outer_) alive |= tape->id_ == v.tape_;
  const std::string name = v.name();
  fail_usage(
      operation, "an input of shape ", to_string(v.shape()),
      name.empty() ? "" : concat(" (\"", name, "\")"), " was recorded on ",
      alive ? "another tape, outside this one." : "a tape that has ended, or of another thread.",
      " Hint: record it on this tape, or pass its value().");
}

Tape::Node* Tape::append_node(const char* operation, std::span<const Operand> inputs, Var& y,
                              std::size_t rule_bytes) {
  Storage& storage = *storage_;
  bool needed = false;
  for (const Operand& in : inputs) needed |= in.var->requires_grad();
  if (!needed) return nullptr;
  auto* nodes =
      static_cast<std::uint32_t*>(storage.arena.take(inputs.size() * sizeof(std::uint32_t)));
  for (std::size_t i = 0; i < inputs.size(); ++i) nodes[i] = node_of(*inputs[i].var, operation);
  auto* list = static_cast<Input*>(storage.arena.take(inputs.size() * sizeof(Input)));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const SharedTensor& value = inputs[i].var->value_;
    ::new (list + i)
        Input{nodes[i] == Input::constant ? value : value.borrowed(), nodes[i], value.version()};
  }
  void* rule = storage.arena.take(rule_bytes);
  storage.nodes.push_back({operation, storage.current_scope(), nullptr, rule, list,
                           static_cast<std::uint32_t>(inputs.size()), y.value_});
  y.tape_ = id_;
  y.node_ = static_cast<std::uint32_t>(storage.nodes.size() - 1);
  return &storage.nodes.back();
}

void detail::tell_computed(const char* operation, std::span<const Operand> inputs, const Var& y) {
  const OperationEvent event{operation,
                             Scope::path(),
                             y.shared(),
                             inputs.size(),
                             inputs.data(),
                             [](const void* list, std::size_t i) -> const SharedTensor& {
                               return static_cast<const Operand*>(list)[i].var->shared();
                             }};
  Observer::tell(&Observer::computed, event);
}

}  // namespace reel::inline REEL_PRECISION
