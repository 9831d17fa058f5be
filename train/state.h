// Optimisers and schedules in a safetensors file, so that a run can be stopped and resumed.
#pragma once

#include <concepts>
#include <filesystem>
#include <vector>

#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace train {

using Stateful = optim::Stateful;

/// What the two below do, for any number of parts.
void save_states(const std::filesystem::path& path, const std::vector<const Stateful*>& parts);
void load_states(const std::filesystem::path& path, const std::vector<Stateful*>& parts);

/// Writes the states of optimisers and schedules, whole or not at all. Resumed from them, from the
/// weights (`nn::save_weights`) and from the state of the generator that shuffles (`Rng::state`), a
/// run ends in the same bits. Throws Error (system) if the file can't be written.
///
///     save_state("run.state", adam, schedule);
template <std::derived_from<Stateful>... Parts>
void save_state(const std::filesystem::path& path, const Parts&... parts) {
  save_states(path, {&parts...});
}

/// Reads what `save_state` wrote, for the same kinds of parts in the same order, each made with the
/// options that the saved one had. Throws Error (input), naming the clash, if the file is missing,
/// breaks the format or does not fit the parts; then all of them are as before.
template <std::derived_from<Stateful>... Parts>
void load_state(const std::filesystem::path& path, Parts&... parts) {
  load_states(path, {&parts...});
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
