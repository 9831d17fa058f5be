// Slices: joining and selecting along an axis.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

/// Throws Error unless all axes except the joined one agree.
Var concatenate(std::span<const Var> parts, int axis = 0);
Var concatenate(std::initializer_list<Var> parts, int axis = 0);
/// Joins parts of the same shape along a new axis.
Var stack(std::span<const Var> parts, int axis = 0);
Var stack(std::initializer_list<Var> parts, int axis = 0);
/// Elements begin, begin + step, … before end. Throws Error unless begin ≤ end ≤ the axis' size.
Var slice(const Var& x, int axis, std::size_t begin, std::size_t end, std::size_t step = 1);
/// The opposite of slice: puts x at begin, begin + step, … of an axis of `size` zeros.
Var embed(const Var& x, int axis, std::size_t size, std::size_t begin, std::size_t step = 1);
/// The elements at these indices, in their order; an index may occur several times.
Var take(const Var& x, std::span<const std::size_t> indices, int axis = 0);
Var take(const Var& x, std::initializer_list<std::size_t> indices, int axis = 0);
/// The opposite of take: element i of x is added to element indices[i] of an axis of `size` zeros.
Var scatter_add(const Var& x, std::span<const std::size_t> indices, std::size_t size, int axis = 0);
/// Repeats each element `count` times in a row.
Var repeat(const Var& x, std::size_t count, int axis = 0);

}  // namespace reel::inline REEL_PRECISION
