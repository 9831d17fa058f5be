// Writes the tensors of a model as NumPy's files.
#pragma once

#include <filesystem>

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {

/// Writes each parameter and buffer of any model to a file of its own, such as "0.weight.npy", in
/// float32 or float64, depending on Real (see data::save_npy). Makes the folder if it is missing,
/// and leaves other files in it alone. Throws Error: kind usage if a parameter has no values yet or
/// a path has a slash; kind system if a file cannot be written.
void write_npy(const std::filesystem::path& folder, const nn::Module& model);

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
