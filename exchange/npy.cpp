// Writes the tensors of a model as NumPy's files.
#include <reel/exchange/npy.h>

#include <reel/autodiff/core/file.h>
#include <reel/data/npy.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {

void write_npy(const std::filesystem::path& folder, const nn::Module& model) {
  const auto state = nn::state_of(model);
  for (const nn::NamedState& each : state) {  // before the first file is written
    static_cast<void>(each.value());
    if (each.path.find('/') != std::string::npos)
      fail_usage("npy", '"', each.path, "\" has a slash, so no file can have its name.");
  }
  make_folder(folder, "npy");
  for (const nn::NamedState& each : state)
    data::save_npy(folder / (each.path + ".npy"), each.value());
}

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
