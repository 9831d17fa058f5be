// The loop over parameters.
#include <reel/optim/optimizer.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace reel::inline REEL_PRECISION {
namespace optim {

Optimizer::Optimizer(std::string_view method, std::vector<Parameter> parameters, double lr,
                     double l2, std::size_t states)
    : method_(method), parameters_(std::move(parameters)), slots_(parameters_.size()), l2_(l2) {
  if (parameters_.empty()) fail_usage(method_, "was given no parameters.");
  set_lr(lr);
  check_option("l2", l2, 0, std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto here = parameters_.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(parameters_.begin(), here, *here) != here)
      fail_usage(method_, "parameter \"", here->name(), "\" was given twice.");
    slots_[i] = {here->shape(), std::vector<Tensor>(states, zeros(here->value().shape())), 0};
  }
}

void Optimizer::step(const StepOptions& options) {
  constexpr std::size_t most_states = 4;
  bool any = false;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    Parameter& parameter = parameters_[i];
    const SharedTensor& gradient = parameter.gradient();
    if (!gradient) continue;
    any = true;
    Slot& slot = slots_[i];
    if (gradient->shape() != parameter.shape() || slot.shape != parameter.shape())
      fail_usage(method_, "parameter \"", parameter.name(), "\" has shape ",
                 to_string(parameter.shape()), ", its gradient ", to_string(gradient->shape()),
                 ", and it was given with ", to_string(slot.shape), '.');
    std::array<Real*, most_states> state{};
    for (std::size_t k = 0; k < slot.state.size(); ++k) state[k] = slot.state[k].data();
    Tensor& value = parameter.mutate();
    update({value.size(), value.data(), gradient->data(), state.data(), ++slot.t, lr_,
            static_cast<Real>(l2_)});
    if (!options.keep) parameter.clear_gradient();
  }
  if (!any)
    fail_usage(method_,
               "no parameter has a gradient. Hint: call tape.backward(loss) before step().");
}

void Optimizer::clear_gradients() {
  for (Parameter& parameter : parameters_) parameter.clear_gradient();
}

void Optimizer::set_lr(double lr) {
  check_option("lr", lr, 0, std::numeric_limits<double>::infinity());
  lr_ = lr;
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
