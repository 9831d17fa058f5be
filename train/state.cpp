// Combines the states of several parts. The kind of each part is stored under its number; its other
// names begin with this number and a dot.
#include <reel/train/state.h>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/weight_names.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using optim::State;

std::string prefix(std::size_t part) { return concat(part, '.'); }

State part_of(const State& all, std::size_t part) {
  const std::string start = prefix(part);
  const auto copy = [&](const auto& from, auto& to) {
    for (const auto& [name, value] : from)
      if (name.starts_with(start)) to[name.substr(start.size())] = value;
  };
  State state{all.field(concat(part))};
  copy(all.tensors, state.tensors);
  copy(all.fields, state.fields);
  return state;
}

void set_all(const State& all, const std::vector<Stateful*>& parts) {
  if (const std::size_t count = all.count("parts"); count != parts.size())
    fail_usage("state", "it has ", count, " parts, expected ", parts.size(), '.');
  std::vector<State> before;
  for (const Stateful* part : parts) before.push_back(part->state());
  std::size_t done = 0;
  try {
    for (; done < parts.size(); ++done) parts[done]->set_state(part_of(all, done));
  } catch (...) {  // the part that threw is unchanged
    for (std::size_t i = 0; i < done; ++i) parts[i]->set_state(before[i]);
    throw;
  }
}

}  // namespace

void save_states(const std::filesystem::path& path, const std::vector<const Stateful*>& parts) {
  nn::SafeTensors file;
  State all{"state"};
  all.put("parts", static_cast<double>(parts.size()));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    State state = parts[i]->state();
    all.fields[concat(i)] = state.kind;
    for (auto& [name, text] : state.fields) all.fields[prefix(i) + name] = std::move(text);
    for (auto& [name, value] : state.tensors)
      file.tensors.push_back({prefix(i) + name, std::move(value)});
  }
  file.metadata = std::move(all.fields);
  nn::save_safetensors(path, file);
}

void load_states(const std::filesystem::path& path, const std::vector<Stateful*>& parts) {
  nn::SafeTensors file = nn::load_safetensors(path);
  if (!file.metadata.contains("parts")) {
    std::vector<std::string> names;
    for (const nn::NamedTensor& tensor : file.tensors) names.push_back(tensor.name);
    fail(Error::Kind::input, "state", absolute_name(path), ": holds no state that save_state wrote",
         names.empty() ? "."
                       : concat(", but the tensors ", list_names(names),
                                ". Hint: nn::load_weights reads the weights of a model."));
  }
  State all{"state"};
  all.fields = std::move(file.metadata);
  for (nn::NamedTensor& tensor : file.tensors) all.tensors[tensor.name] = std::move(tensor.value);
  try {
    set_all(all, parts);
  } catch (const Error& error) {
    fail(Error::Kind::input, "state", absolute_name(path), ": ", error.what());
  }
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
