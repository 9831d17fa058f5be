// The number of optimiser steps of the process.
#include <reel/autodiff/engine/gradient_use.h>

#include <atomic>

namespace reel {
namespace {

std::atomic<std::uint64_t> steps{0};

}  // namespace

std::uint64_t optimizer_steps() noexcept { return steps.load(std::memory_order_relaxed); }
void count_optimizer_step() noexcept { steps.fetch_add(1, std::memory_order_relaxed); }

}  // namespace reel
