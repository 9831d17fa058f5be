// The loop over parameters, and what is saved of it.
#include <reel/optim/optimizer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <reel/autodiff/column_product.h>
#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/prefetch.h>
#include <reel/autodiff/core/subnormals.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

constexpr std::size_t most_arrays = 4;
constexpr double any = std::numeric_limits<double>::infinity();

// Numbers that are summed and updated at once: so few that the next ones of all shares come while
// these are updated, or, of a matrix product, as many rows as stay in the second-level cache; more
// would not be faster.
constexpr std::size_t at_once = 512, cached_product = 1 << 16, min_rows = 8, max_rows = 64;

// The work on a parameter of n numbers, in numbers: to begin with it costs as much as some hundred.
// In whole lines of the cache, so that no two workers write to one.
constexpr std::size_t line = 16, beginning = 384;
constexpr std::size_t work_of(std::size_t n) { return (n + line - 1) / line * line + beginning; }

using Views = Optimizer::Views;

const ColumnProduct* columns_of(const GradientView& gradient) {
  return gradient.product ? gradient.product->columns : nullptr;
}

// Whether the gradients by parameter i are those of all samples of one ColumnProduct, whose columns
// so many threads can update.
bool by_columns(std::span<const Views> shares, std::size_t i, std::size_t count) {
  const ColumnProduct* const columns = columns_of(shares[0][i]);
  if (!columns || columns->workers() != count || !columns->is_current()) return false;
  std::size_t next = 0;
  for (const Views& share : shares) {
    if (share[i].sum || columns_of(share[i]) != columns) return false;
    if (share[i].product->samples.begin != next) return false;
    next = share[i].product->samples.end;
  }
  return next == columns->samples();
}

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
                      group.decay.value_or(rates.decay)});
    check_option("lr" + where, rates_.back().lr, 0, any);
    check_option("l2" + where, rates_.back().l2, 0, any);
    check_option("decay" + where, rates_.back().decay, 0, any);
    for (const Parameter& parameter : group.parameters) {
      slots_.push_back({.shape = parameter.value().shape(),
                        .count = parameter.value().size(),
                        .group = at,
                        .state = {},
                        .sum = {}});
      slots_.back().state.assign(arrays_.size(), zeros(parameter.shape()));
      parameters_.push_back(parameter);
    }
  }
  if (parameters_.empty()) fail_usage(method_, "was given no parameters.");
  refuse_twice(method_, parameters_);
}

void Optimizer::step(const StepOptions& options) {
  bool any_gradient = false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const SharedTensor& gradient = parameters_[i].gradient();
    if (gradient) check_shape(i, gradient->shape());
    any_gradient |= static_cast<bool>(gradient);
  }
  if (!any_gradient)
    fail_usage(method_,
               "no parameter has a gradient. Hint: call tape.backward(loss) before step().");
  const FlushSubnormals flush;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    if (!parameter.gradient()) continue;
    slots_[i].columns = nullptr;
    begin_update(i);
    update_part(i, {0, slots_[i].count}, slots_[i].value, parameter.gradient()->data());
    if (!options.keep) parameter.clear_gradient();
  }
}

void Optimizer::step(std::span<const Gradients> shares, Workers& workers) {
  std::vector<Views> views(shares.size());
  for (std::size_t w = 0; w < shares.size(); ++w) view(shares[w], views[w]);
  begin_step(views, workers.count());
  workers.run([&](std::size_t w) { take_part(views, w, workers.count()); });
}

void Optimizer::view(const Gradients& share, Views& into) const {
  if (share.size() != parameters_.size())
    fail_usage(method_, share.size(), " gradients for ", parameters_.size(), " parameters.");
  into.resize(share.size());
  for (std::size_t i = 0; i < share.size(); ++i) {
    if (share[i].product)
      check_shape(i, share[i].shape());
    else if (share[i].sum)
      check_shape(i, share[i].sum->shape());
    into[i] = share[i].view();
  }
}

void Optimizer::begin_step(std::span<const Views> shares, std::size_t count) {
  if (shares.empty()) fail_usage(method_, "was given no gradients.");
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    slot.grain = 0;
    slot.sum = {};
    slot.columns = by_columns(shares, i, count) ? shares[0][i].product->columns : nullptr;
    for (const Views& share : shares)
      if (share[i])
        slot.grain = std::max(slot.grain, share[i].product ? slot.shape[1] : std::size_t{1});
    const auto has_columns = [i](const Views& share) { return columns_of(share[i]) != nullptr; };
    if (!slot.columns && std::any_of(shares.begin(), shares.end(), has_columns))
      sum_columns(i, shares);
  }
  if (std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.grain == 0; }))
    fail_usage(method_, "no parameter has a gradient.");
  work_ = 0;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (slots_[i].grain == 0) continue;
    begin_update(i);
    if (slots_[i].grain == 1 && !slots_[i].columns) work_ += work_of(slots_[i].count);
  }
}

void Optimizer::take_part(std::span<const Views> shares, std::size_t index, std::size_t count) {
  const FlushSubnormals flush;
  for (const Views& share : shares)  // the first line of all, which is most of a bias
    for (const GradientView& gradient : share) prefetch(gradient.sum, sizeof(Real));
  Share part = share_of(work_, index, count, line);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const std::size_t grain = slots_[i].grain;
    if (grain == 0) continue;
    if (slots_[i].columns) {
      update_columns(i, index);
      continue;
    }
    const std::size_t n = slots_[i].count, work = work_of(n);
    if (grain > 1) {  // the rows that the worker will multiply by, see product_with_weights
      const Share rows = share_of(n / grain, index, count);
      update_from_shares(i, {rows.begin * grain, rows.end * grain}, shares);
      continue;
    }
    if (part.begin < std::min(part.end, n))
      update_from_shares(i, {part.begin, std::min(part.end, n)}, shares);
    part = {part.begin - std::min(part.begin, work), part.end - std::min(part.end, work)};
  }
}

// Block by block, so that a sum costs no memory traffic, and a product only that of its factors.
void Optimizer::update_from_shares(std::size_t i, Share part, std::span<const Views> shares) {
  if (slots_[i].sum)
    return update_part(i, part, slots_[i].value + part.begin, slots_[i].sum->data() + part.begin);
  const auto has_gradient = [i](const Views& share) { return static_cast<bool>(share[i]); };
  const auto first = std::find_if(shares.begin(), shares.end(), has_gradient);
  const auto rest = shares.subspan(static_cast<std::size_t>(first - shares.begin()) + 1);
  if (!(*first)[i].product && std::none_of(rest.begin(), rest.end(), has_gradient))
    return update_part(i, part, slots_[i].value + part.begin, (*first)[i].sum + part.begin);
  const std::size_t grain = slots_[i].grain;
  const std::size_t grains =
      grain == 1 ? at_once : std::clamp(cached_product / grain, min_rows, max_rows);
  Tensor sum = uninitialized({std::min(grains * grain, part.size())});
  // What other workers have written, or read and are to have no longer, comes slowly if it is not
  // asked for before.
  const bool several = shares.size() > 1, sums_ahead = several && grain == 1;
  const auto next = [&](std::size_t at) { return std::min(part.end - at, at_once) * sizeof(Real); };
  const auto prefetch_sums = [&](std::size_t from) {
    for (const Views& share : shares)
      if (share[i].sum) prefetch(share[i].sum + from, next(from));
  };
  if (sums_ahead) prefetch_sums(part.begin);
  if (several) prefetch_to_write(slots_[i].value + part.begin, next(part.begin));
  for (Share block = part; block.begin < part.end; block.begin = block.end) {
    block.end = std::min(part.end, block.begin + grains * grain);
    if (sums_ahead) prefetch_sums(block.end);
    (*first)[i].compute(block, false, sum.data());
    for (const Views& share : rest)
      if (share[i]) share[i].compute(block, true, sum.data());
    for (Share piece = block; piece.begin < block.end; piece.begin = piece.end) {
      piece.end = several ? std::min(block.end, piece.begin + at_once) : block.end;
      if (several) prefetch_to_write(slots_[i].value + piece.end, next(piece.end));
      update_part(i, piece, slots_[i].value + piece.begin,
                  sum.data() + (piece.begin - block.begin));
    }
  }
}

// The columns that the worker multiplies by, see ColumnProduct; some rows at a time, as above.
void Optimizer::update_columns(std::size_t i, std::size_t index) {
  const Slot& slot = slots_[i];
  const Share columns = slot.columns->columns(index);
  const std::size_t out = slot.shape[0], in = slot.shape[1], width = columns.size();
  const std::size_t most_rows = std::clamp(cached_product / width, min_rows, max_rows);
  Tensor gradient = uninitialized({std::min(most_rows, out), width});
  Real* const own = slot.columns->own_weight(index);
  for (Share rows{0, 0}; rows.begin < out; rows.begin = rows.end) {
    rows.end = std::min(out, rows.begin + most_rows);
    slot.columns->gradient(index, rows, gradient.data());
    for (std::size_t row = rows.begin; row < rows.end; ++row)
      update_part(i, {row * in + columns.begin, row * in + columns.end}, own + row * width,
                  gradient.data() + (row - rows.begin) * width);
  }
}

void Optimizer::check_shape(std::size_t i, const Shape& gradient) const {
  const Parameter& parameter = parameters_[i];
  if (gradient != parameter.shape() || slots_[i].shape != parameter.shape())
    fail_usage(method_, "parameter \"", parameter.name(), "\" has shape ",
               to_string(parameter.shape()), ", its gradient ", to_string(gradient),
               ", and it was given with ", to_string(slots_[i].shape), '.');
}

// Of gradients by columns that can't be updated so; by one thread, since workers may ask for the
// next x as soon as they have updated.
void Optimizer::sum_columns(std::size_t i, std::span<const Views> shares) {
  Slot& slot = slots_[i];
  slot.grain = 1;
  slot.sum = SharedTensor::full(slot.shape, 0);
  for (const Views& share : shares)
    if (share[i]) share[i].compute({0, slot.count}, true, slot.sum.mutate().data());
}

void Optimizer::begin_update(std::size_t i) {
  Slot& slot = slots_[i];
  slot.number = next_number(slot.number, ++slot.t);
  if (slot.columns)
    slot.columns->begin_update();
  else
    slot.value = parameters_[i].mutate().data();
}

// `p` and `gradient`: of the part alone
void Optimizer::update_part(std::size_t i, Share part, Real* p, const Real* gradient) {
  Slot& slot = slots_[i];
  const auto [lr, l2, decay] = rates_[slot.group];
  std::array<Real*, most_arrays> state{};
  for (std::size_t k = 0; k < slot.state.size(); ++k) state[k] = slot.state[k].data() + part.begin;
  if (decay != 0) {
    const Real rest = static_cast<Real>(1 - lr * decay);
    for (std::size_t k = 0; k < part.size(); ++k) p[k] *= rest;
  }
  update({part.size(), p, gradient, state.data(), slot.number, slot.t, lr, static_cast<Real>(l2)});
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_) parameter.clear_gradient();
}

double Optimizer::lr(std::size_t group) const {
  if (group >= rates_.size())
    fail_usage(method_, "there is no group ", group, ", only ", rates_.size(), '.');
  return rates_[group].lr;
}

void Optimizer::set_lr(double lr) {
  check_option("lr", lr, 0, any);
  for (Rates& rates : rates_) rates.lr = lr;
}

void Optimizer::set_lr(std::size_t group, double lr) {
  static_cast<void>(this->lr(group));
  check_option(group_key(group), lr, 0, any);
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
    fail_usage(method_, "the state is of ", count, " parameters in ", groups, " groups, not of ",
               slots_.size(), " in ", rates_.size(), '.');
  auto rates = rates_;
  for (std::size_t i = 0; i < groups; ++i) {
    rates[i].lr = state.number(group_key(i));
    check_option(group_key(i), rates[i].lr, 0, any);
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
               count * arrays_.size(), ". Hint: was it of the same options?");
  rates_ = std::move(rates);
  slots_ = std::move(slots);
}

void Optimizer::check_option(std::string_view option, double value, double low, double high) const {
  if (!(value >= low && value < high))
    fail_usage(method_, option, " = ", value, " is not in [", low, ", ", high, ").");
}

void Optimizer::start_state(std::size_t k, Real value) {
  for (Slot& slot : slots_) std::fill(slot.state[k].begin(), slot.state[k].end(), value);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
