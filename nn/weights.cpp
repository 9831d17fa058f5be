// Between a model and a safetensors file.
#include <reel/nn/weights.h>

#include <algorithm>

#include <reel/autodiff/core/file.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

void save_weights(const Module& model, const std::filesystem::path& path,
                  const std::map<std::string, std::string>& metadata) {
  SafeTensors file;
  file.metadata = metadata;
  for (const NamedState& state : state_of(model))
    file.tensors.push_back({state.path, state.value()});
  save_safetensors(path, file);
}

std::map<std::string, std::string> load_weights(Module& model, const std::filesystem::path& path) {
  SafeTensors file = load_safetensors(path);
  load_weights(model, file, path);
  return std::move(file.metadata);
}

void load_weights(Module& model, const SafeTensors& file, const std::filesystem::path& path) {
  const auto states = state_of(model);
  std::vector<const Tensor*> values;
  for (const NamedState& state : states) {
    const auto found = std::find_if(file.tensors.begin(), file.tensors.end(),
                                    [&](const NamedTensor& t) { return t.name == state.path; });
    if (found == file.tensors.end())
      fail(Error::Kind::input, "weights", absolute_name(path), ": there is no tensor \"",
           state.path, "\".");
    if (found->value.shape() != state.shape())
      fail(Error::Kind::input, "weights", absolute_name(path), ": \"", state.path, "\" has shape ",
           to_string(found->value.shape()), ", the model's has ", to_string(state.shape()), '.');
    values.push_back(&found->value);
  }
  for (const NamedTensor& tensor : file.tensors)
    if (std::find(values.begin(), values.end(), &tensor.value) == values.end())
      fail(Error::Kind::input, "weights", absolute_name(path), ": the model has no \"",
           printable(tensor.name), "\".");
  for (std::size_t i = 0; i < states.size(); ++i) {
    Parameter parameter = states[i].parameter;
    if (states[i].buffer)
      *states[i].buffer = *values[i];
    else
      parameter.set_value(*values[i]);
  }
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
