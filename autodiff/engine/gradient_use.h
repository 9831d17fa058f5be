// Counts the steps of optimisers, so that a backward pass can tell which gradients nobody uses.
#pragma once

#include <cstdint>

namespace reel {

/// The number of steps that all optimisers of this process have made.
std::uint64_t optimizer_steps() noexcept;
/// Counts one more.
void count_optimizer_step() noexcept;

/// If optimisers make so many steps while the gradient of a parameter only grows, then none of them
/// has the parameter, and `Tape::backward` warns.
constexpr std::uint64_t steps_without_use = 20;

}  // namespace reel
