// StateDict: a copy of all that a model has learnt, by path; and a fingerprint of it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// Copies of parameters and buffers by path, such as "0.weight".
using StateDict = std::map<std::string, Tensor>;

/// A copy of every parameter and buffer of a model. Throws Error if one has no values yet.
StateDict state_dict(const Module& model);

/// Overwrites every parameter and buffer of a model. Throws Error, and changes nothing, unless the
/// paths and shapes are those of the model.
void load_state_dict(Module& model, const StateDict& values);

/// A hash of the path, the shape and the bits of every parameter and buffer, in the order of their
/// paths. It does not depend on the machine, but on Real: models in float and in double differ.
/// FNV-1a of 64 bits (Fowler, Noll and Vo, draft-eastlake-fnv), which finds changes by accident,
/// not by intent.
std::uint64_t fingerprint(const Module& model);
/// The same for values by path.
std::uint64_t fingerprint(const StateDict& values);
/// The fingerprint as 16 hexadecimal digits.
std::string fingerprint_text(const Module& model);
std::string fingerprint_text(const StateDict& values);  ///< the same for values by path

namespace detail {
// Throws Error in the name of `where` unless the paths and shapes are those of `parts`.
void expect_fit(std::string_view where, const std::vector<NamedState>& parts,
                const StateDict& values);
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
