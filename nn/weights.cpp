// Copies weights between a model and a safetensors file.
#include <reel/nn/weights.h>

#include <string_view>
#include <unordered_map>
#include <vector>

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
  model.name_parts();
  const auto states = state_of(model);
  std::unordered_map<std::string_view, const Tensor*> by_name;
  for (const NamedTensor& tensor : file.tensors) by_name[tensor.name] = &tensor.value;
  std::vector<const Tensor*> values;
  for (const NamedState& state : states) {
    const auto found = by_name.find(state.path);
    if (found == by_name.end())
      fail(Error::Kind::input, "weights", absolute_name(path), ": there is no tensor ",
           in_quotes(state.path), '.');
    const Tensor& value = *found->second;
    if (value.shape() != state.shape())
      fail(Error::Kind::input, "weights", absolute_name(path), ": ", in_quotes(state.path),
           " has shape ", to_string(value.shape()), ", the model's has ", to_string(state.shape()),
           '.');
    values.push_back(&value);
    by_name.erase(found);
  }
  for (const NamedTensor& tensor : file.tensors)  // the first one in the file, not in the map
    if (by_name.contains(tensor.name))
      fail(Error::Kind::input, "weights", absolute_name(path), ": the model has no ",
           in_quotes(tensor.name), '.');
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
