// The tape: appending, and the storage that is recycled from tape to tape.
#include <reel/autodiff/tape.h>

#include <atomic>
#include <vector>

#include <reel/autodiff/arena.h>
#include <reel/autodiff/leaf_table.h>

namespace reel::inline REEL_PRECISION {

struct Tape::Storage {
  std::vector<Node> nodes;
  std::vector<std::uint32_t> parameters;
  LeafTable leaves;
  Arena arena;

  void clear() noexcept {
    for (Node& node : nodes) {
      if (node.code) node.code->destroy(node.rule);
      for (std::uint32_t i = 0; i < node.input_count; ++i) node.inputs[i].~Input();
    }
    nodes.clear();
    parameters.clear();
    leaves.clear();
    arena.reset();
  }
};

namespace {

std::atomic<std::uint64_t> next_id{1};

constexpr std::size_t pool_size = 8;
constexpr std::size_t largest_pooled = 1 << 16;  // nodes

}  // namespace

// Storage of tapes that are gone, for the next ones of this thread.
std::vector<std::unique_ptr<Tape::Storage>>& Tape::pool() {
  thread_local std::vector<std::unique_ptr<Storage>> storages;
  return storages;
}

constinit thread_local Tape* Tape::innermost_ = nullptr;
constinit thread_local Tape* Tape::recording_ = nullptr;

Tape::Tape()
    : id_(next_id.fetch_add(1, std::memory_order_relaxed)),
      outer_(innermost_),
      recording_before_(recording_) {
  auto& storages = pool();
  if (storages.empty()) {
    storage_ = std::make_unique<Storage>();
  } else {
    storage_ = std::move(storages.back());
    storages.pop_back();
  }
  innermost_ = recording_ = this;
}

Tape::~Tape() {
  innermost_ = outer_;
  recording_ = recording_before_;
  const bool small = storage_->nodes.size() <= largest_pooled;
  storage_->clear();
  auto& storages = pool();
  if (small && storages.size() < pool_size) storages.push_back(std::move(storage_));
}

std::size_t Tape::size() const noexcept { return storage_->nodes.size(); }

const Tape::Node& Tape::node(std::size_t i) const { return storage_->nodes[i]; }

std::span<const std::uint32_t> Tape::parameter_nodes() const noexcept {
  return storage_->parameters;
}

std::uint32_t Tape::append_leaf(const SharedTensor& value) {
  storage_->nodes.push_back({nullptr, nullptr, nullptr, nullptr, 0, value});
  return static_cast<std::uint32_t>(storage_->nodes.size() - 1);
}

Var Tape::variable(Tensor value, std::string name) {
  if (this != innermost_)
    fail_usage("tape", "a variable belongs on the innermost tape, and another one is alive.");
  SharedTensor shared(std::move(value));
  if (!name.empty()) shared.notes().name = std::move(name);
  return var(append_leaf(shared));
}

std::uint32_t Tape::node_of(const Var& v, const char* operation) {
  if (v.tape_ == id_) return v.node_;
  if (v.tape_ == Var::no_tape) return Input::constant;
  if (v.tape_ == Var::any_tape) {
    std::uint32_t& node = storage_->leaves.find_or_add(v.value_.identity());
    if (node == LeafTable::absent) {
      node = append_leaf(v.value_);
      storage_->parameters.push_back(node);
    }
    return node;
  }
  bool alive = false;
  for (const Tape* tape = innermost_; tape; tape = tape->outer_) alive |= tape->id_ == v.tape_;
  const std::string name = v.name();
  fail_usage(
      operation, "an input of shape ", to_string(v.shape()),
      name.empty() ? "" : concat(" (\"", name, "\")"), " was recorded on ",
      alive ? "another tape, outside this one." : "a tape that is gone, or of another thread.",
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
    ::new (list + i) Input{value, nodes[i], value.version()};
  }
  void* rule = storage.arena.take(rule_bytes);
  storage.nodes.push_back(
      {operation, nullptr, rule, list, static_cast<std::uint32_t>(inputs.size()), y.value_});
  y = var(static_cast<std::uint32_t>(storage.nodes.size() - 1));
  return &storage.nodes.back();
}

}  // namespace reel::inline REEL_PRECISION
