// Checkpoints: all that a run needs to continue, in one safetensors file.
#pragma once

#include <concepts>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/nn/module.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// See optim::Stateful.
using Stateful = optim::Stateful;

namespace detail {

// The state of a part. That of a model has its parameters, buffers and modes, and says which
// parameters are frozen.
optim::State state_of(const Stateful& part);
optim::State state_of(const nn::Module& model);
optim::State state_of(const Rng& rng);
optim::State state_of(const Tensor& tensor);
optim::State state_of(const std::string& text);
optim::State state_of(double number);
optim::State state_of_integer(const std::string& digits);
template <std::integral Integer>
optim::State state_of(Integer number) {
  return state_of_integer(std::to_string(number));
}

// Throws Error, and changes nothing, if the state does not fit.
void set_state(nn::Module& model, const optim::State& state);
void set_state(Rng& rng, const optim::State& state);
void set_state(Tensor& tensor, const optim::State& state);
void set_state(std::string& text, const optim::State& state);
void set_state(double& number, const optim::State& state);
void set_integer(long long& number, const optim::State& state);
void set_integer(unsigned long long& number, const optim::State& state);
[[noreturn]] void refuse_integer(const optim::State& state);
template <std::integral Integer>
void set_state(Integer& number, const optim::State& state) {
  std::conditional_t<std::is_signed_v<Integer>, long long, unsigned long long> wide = 0;
  set_integer(wide, state);
  const auto value = static_cast<Integer>(wide);
  if (static_cast<decltype(wide)>(value) != wide) refuse_integer(state);
  number = value;
}

// How to load a part: `set` cannot fail after `check`, or can be undone by setting `before`.
struct Part {
  std::function<void(const optim::State&)> check, set;
  std::function<optim::State()> before = {};
};
Part part_of(Stateful& part);
Part part_of(nn::Module& model);
template <class Value>
requires(!std::derived_from<Value, Stateful> && !std::derived_from<Value, nn::Module>) Part
    part_of(Value& value) {
  return {[&value](const optim::State& state) {
            Value copy = value;
            set_state(copy, state);
          },
          [&value](const optim::State& state) { set_state(value, state); }};
}

// A part that a run may have or not.
optim::State state_of_absent();
Part absent_part();
template <class Value>
optim::State state_of(const std::optional<Value>& part) {
  return part ? state_of(*part) : state_of_absent();
}
template <class Value>
Part part_of(std::optional<Value>& part) {
  return part ? part_of(*part) : absent_part();
}

void save_states(const std::filesystem::path& path, std::vector<optim::State> states);
// `first_only`: the file may have more parts than these, which are its first.
void load_states(const std::filesystem::path& path, const std::vector<Part>& parts,
                 bool first_only = false);

}  // namespace detail

/// Writes parts of a run to one file, atomically. A part is a model, an optimiser, a schedule, a
/// Position, Metrics or another Stateful, an Rng, or a number, text or tensor of the caller's own.
/// An optional part must be there, or not, as when it is loaded. With all that change in a run,
/// another run continues to the same bits. Throws Error (system) if the file cannot be written;
/// then an old file is unchanged.
///
///     save_checkpoint("run.checkpoint", model, adam, schedule, rng, position, best_loss);
template <class... Parts>
void save_checkpoint(const std::filesystem::path& path, const Parts&... parts) {
  std::vector<optim::State> states;
  (states.push_back(detail::state_of(parts)), ...);
  detail::save_states(path, std::move(states));
}

/// Reads a file of `save_checkpoint` into the same kinds of parts, in the same order, made with the
/// same options. If the file is missing, breaks the format or does not fit the parts, throws Error
/// (input), which names the clash, and leaves all parts unchanged.
template <class... Parts>
void load_checkpoint(const std::filesystem::path& path, Parts&... parts) {
  detail::load_states(path, {detail::part_of(parts)...});
}

/// Reads the first parts of a file alone: a program may store a text that says how to make its
/// model, and needs it before it can load the model. Throws as load_checkpoint does.
///
///     save_checkpoint("run.checkpoint", widths, model, adam);
///     load_first_parts("run.checkpoint", widths);
template <class... Parts>
void load_first_parts(const std::filesystem::path& path, Parts&... parts) {
  detail::load_states(path, {detail::part_of(parts)...}, true);
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
