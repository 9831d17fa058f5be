// Saves optimisers and schedules in a safetensors file, so that a run can be stopped and resumed.
#pragma once

#include <concepts>
#include <filesystem>
#include <vector>

#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace train {

/// See optim::Stateful.
using Stateful = optim::Stateful;

/// The same as save_state and load_state, for any number of parts.
void save_states(const std::filesystem::path& path, const std::vector<const Stateful*>& parts);
/// Restores them, in the same order.
void load_states(const std::filesystem::path& path, const std::vector<Stateful*>& parts);

/// Writes the states of optimisers and schedules, atomically. To resume a run to the same bits,
/// also save the weights (`nn::save_weights`) and the state of the generator that shuffles
/// (`Rng::state`). Throws Error (system) if the file can't be written.
///
///     save_state("run.state", adam, schedule);
template <std::derived_from<Stateful>... Parts>
void save_state(const std::filesystem::path& path, const Parts&... parts) {
  save_states(path, {&parts...});
}

/// Reads a file of `save_state` into the same kinds of parts, in the same order, made with the same
/// options. If the file is missing, breaks the format or does not fit the parts, throws Error
/// (input), which names the clash, and leaves all parts unchanged.
template <std::derived_from<Stateful>... Parts>
void load_state(const std::filesystem::path& path, Parts&... parts) {
  load_states(path, {&parts...});
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
