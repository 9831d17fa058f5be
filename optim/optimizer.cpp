// The loop over parameters, and its saved state.
#include <reel/optim/optimizer.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/engine/gradient_use.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/optim/options.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

constexpr std::size_t most_arrays = 4;

// `piece_size`: the most numbers in a piece. `numbers_at_once`: about so many numbers are the least
// that a thread updates at a time. With some two times as many in all, one thread does all of them;
// that is faster, because the products of such a small network run on one core.
constexpr std::size_t piece_size = 1 << 14, numbers_at_once = 1 << 15;

std::string key(std::size_t i, std::string_view name) { return concat(i, '.', name); }
std::string group_key(std::size_t group) { return concat("lr of group ", group); }

}  // namespace

Optimizer::Optimizer(std::string_view method, const Groups& groups, const Rates& rates,
                     Names arrays)
    : method_(method), arrays_(std::move(arrays)) {
  for (const Group& group : groups.list()) {
    const std::size_t at = rates_.size(), count = groups.list().size();
    const std::string where = count > 1 ? concat(" of group ", at) : "";
    if (group.parameters.empty() && count > 1)
      fail_usage(method_, "group ", at, " has no parameters.");
    rates_.push_back({group.lr.value_or(rates.lr), group.l2.value_or(rates.l2),
                      group.weight_decay.value_or(rates.weight_decay)});
    check_option("lr" + where, rates_.back().lr, 0, no_limit);
    check_option("l2" + where, rates_.back().l2, 0, no_limit);
    check_option("weight_decay" + where, rates_.back().weight_decay, 0, no_limit);
    for (const Parameter& parameter : group.parameters) {
      slots_.push_back({.shape = parameter.value().shape(), .group = at, .state = {}});
      slots_.back().state.assign(arrays_.size(), zeros(parameter.shape()));
      parameters_.push_back(parameter);
    }
  }
  if (parameters_.empty()) fail_usage(method_, "was given no parameters.");
  refuse_twice(method_, parameters_);
  std::size_t total = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const std::size_t n = element_count(slots_[i].shape);
    total += n;
    for (std::size_t begin = 0; begin < n; begin += piece_size)
      pieces_.push_back({i, {begin, std::min(n, begin + piece_size)}});
  }
  pieces_at_once_ = pieces_.size() * numbers_at_once / std::max<std::size_t>(1, total) + 1;
}

// The tape that is alive, if any, knows which parameters the loss has used.
void Optimizer::fail_without_gradient() const {
  std::string others;
  if (const Tape* tape = Tape::innermost())
    for (const Var& parameter : tape->parameters())
      if (parameter.shared().metadata().gradient)
        others += concat(others.empty() ? "" : ", ", '"', parameter.name(), '"');
  if (parameters_.empty()) fail_moved();
  if (others.empty())
    fail_usage(method_,
               "no parameter has a gradient. Hint: call tape.backward(loss) before step().");
  fail_usage(method_, "none of its parameters (\"", parameters_.front().name(),
             "\", …) has a gradient, but the last loss has given gradients to ", others,
             ". Hint: was this optimiser made for another model, or before a layer was replaced?");
}

void Optimizer::fail_moved() const {
  fail_usage(method_, "was moved away. Hint: give a schedule the optimiser at its final place.");
}

void Optimizer::step(const StepOptions& options) {
  bool any_gradient = false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    const SharedTensor& gradient = parameter.gradient();
    if (!gradient) continue;
    any_gradient = true;
    if (gradient->shape() != parameter.shape() || slots_[i].shape != parameter.shape())
      fail_usage(method_, "parameter \"", parameter.name(), "\" has shape ",
                 to_string(parameter.shape()), ", its gradient ", to_string(gradient->shape()),
                 ", and it was given with ", to_string(slots_[i].shape), '.');
  }
  if (!any_gradient) fail_without_gradient();
  const FlushSubnormals flush;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const SharedTensor& gradient = parameters_[i].gradient();
    Slot& slot = slots_[i];
    slot.gradient = gradient ? gradient->data() : nullptr;
    if (!gradient) continue;
    slot.value = parameters_[i].mutate().data();
    slot.number = next_number(slot.number, ++slot.t);
  }
  parallel_ranges(pieces_.size(), pieces_at_once_, [&](Range some) {
    for (std::size_t k = some.begin; k < some.end; ++k) update_piece(pieces_[k]);
  });
  count_optimizer_step();
  if (!options.keep_gradients) return clear_gradients();
  for (Parameter& parameter : parameters_) parameter.set_gradient(parameter.gradient());
}

void Optimizer::update_piece(const Piece& piece) {
  Slot& slot = slots_[piece.parameter];
  if (!slot.gradient) return;
  const auto [begin, end] = piece.numbers;
  const std::size_t n = end - begin;
  const auto [lr, l2, decay] = rates_[slot.group];
  Real* const p = slot.value + begin;
  std::array<Real*, most_arrays> state{};
  for (std::size_t k = 0; k < slot.state.size(); ++k) state[k] = slot.state[k].data() + begin;
  if (decay != 0) {
    const Real rest = static_cast<Real>(1 - lr * decay);
    for (std::size_t k = 0; k < n; ++k) p[k] *= rest;
  }
  const Real* const gradient = slot.gradient + begin;
  update({n, p, gradient, state.data(), slot.number, slot.t, lr, static_cast<Real>(l2)});
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_) parameter.clear_gradient();
}

double Optimizer::lr(std::size_t group) const {
  if (rates_.empty()) fail_moved();
  if (group >= rates_.size())
    fail_usage(method_, "there is no group ", group, " of ", rates_.size(), ", the first is 0.");
  return rates_[group].lr;
}

void Optimizer::set_lr(double lr) {
  static_cast<void>(this->lr());  // throws if this was moved away
  check_option("lr", lr, 0, no_limit);
  for (Rates& rates : rates_) rates.lr = lr;
}

void Optimizer::set_lr(std::size_t group, double lr) {
  static_cast<void>(this->lr(group));
  check_option(group_key(group), lr, 0, no_limit);
  rates_[group].lr = lr;
}

State Optimizer::state() const {
  State state{std::string(method_)};
  state.put("groups", static_cast<double>(rates_.size()));
  state.put("parameters", static_cast<double>(slots_.size()));
  for (std::size_t i = 0; i < rates_.size(); ++i) state.put(group_key(i), rates_[i].lr);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    state.fields[key(i, "shape")] = to_string(slots_[i].shape);
    state.put(key(i, "t"), static_cast<double>(slots_[i].t));
    state.put(key(i, "number"), slots_[i].number);
    for (std::size_t k = 0; k < arrays_.size(); ++k)
      state.tensors[key(i, arrays_[k])] = slots_[i].state[k];
  }
  return state;
}

void Optimizer::set_state(const State& state) {
  state.expect_kind(method_);
  const std::size_t groups = state.count("groups"), count = state.count("parameters");
  if (groups != rates_.size() || count != slots_.size())
    fail_usage(method_, "the state has ", count, " parameters in ", groups, " groups, expected ",
               slots_.size(), " in ", rates_.size(), '.');
  auto rates = rates_;
  for (std::size_t i = 0; i < groups; ++i) {
    rates[i].lr = state.number(group_key(i));
    check_option(group_key(i), rates[i].lr, 0, no_limit);
  }
  auto slots = slots_;
  for (std::size_t i = 0; i < count; ++i) {
    if (state.field(key(i, "shape")) != to_string(slots[i].shape))
      fail_usage(method_, "parameter \"", parameters_[i].name(), "\" has shape ",
                 to_string(slots[i].shape), ", in the state ",
                 in_quotes(state.field(key(i, "shape"))), '.');
    slots[i].t = static_cast<std::int64_t>(state.count(key(i, "t")));
    slots[i].number = state.number(key(i, "number"));
    for (std::size_t k = 0; k < arrays_.size(); ++k)
      slots[i].state[k] = state.tensor(key(i, arrays_[k]), slots[i].shape);
  }
  if (state.tensors.size() != count * arrays_.size())
    fail_usage(method_, "the state has ", state.tensors.size(), " tensors, expected ",
               count * arrays_.size(), ". Hint: was it saved with the same options?");
  rates_ = std::move(rates);
  slots_ = std::move(slots);
}

void Optimizer::check_option(std::string_view option, double value, double low, double high) const {
  if (!(value >= low && value < high))
    fail_usage(method_, option, " = ", value, " is not in [", low, ", ", high, ").",
               std::isnan(value) ? " Hint: was it set?" : "");
}

void Optimizer::start_state(std::size_t k, Real value) {
  for (Slot& slot : slots_) std::fill(slot.state[k].begin(), slot.state[k].end(), value);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
