// Copies weights between a model and a safetensors file.
#include <reel/nn/weights.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/nn/weight_names.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

namespace {

using Names = std::vector<std::string>;

Names names_of(const NamedState& state) {
  Names names{state.path};
  names.insert(names.end(), state.other_paths.begin(), state.other_paths.end());
  return names;
}

std::vector<NamePair> to_file(const std::vector<Rename>& rename) {
  std::vector<NamePair> pairs;
  for (const auto& [in_file, in_model] : rename) pairs.emplace_back(in_model, in_file);
  return pairs;
}

std::vector<NamePair> to_model(const std::vector<Rename>& rename) {
  std::vector<NamePair> pairs;
  for (const auto& [in_file, in_model] : rename) pairs.emplace_back(in_file, in_model);
  return pairs;
}

bool same_bits(const Tensor& a, const Tensor& b) {  // of the same shape
  return a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}

std::string counted(std::size_t count) {
  return concat(count, count == 1 ? " tensor" : " tensors");
}

// Finds the tensors of a file that belong to the states of a model.
class Match {
 public:
  Match(const std::vector<NamedState>& states, const SafeTensors& file,
        const std::filesystem::path& path, const LoadOptions& options)
      : states_(states), file_(file), path_(path), pairs_(to_model(options.rename)) {
    report.metadata = file.metadata;
    for (const NamedTensor& tensor : file.tensors) add(tensor.name, {&tensor, nullptr});
    for (const RawTensor& tensor : file.others) add(tensor.name, {nullptr, &tensor});
    for (const NamedState& state : states) find(state);
    for (const NamedTensor& tensor : file.tensors)
      if (!used_.contains(tensor.name)) report.unexpected.push_back(tensor.name);
    for (const RawTensor& tensor : file.others) {
      if (!tensor.is_integral()) {
        report.unexpected.push_back(tensor.name);
        continue;
      }
      report.skipped.push_back(tensor);
      report.skipped.back().name = renamed(tensor.name, pairs_);
    }
    if (options.strict ? !report.missing.empty() || !report.unexpected.empty()
                       : report.loaded.empty() && !states.empty())
      reject_names();
  }

  LoadReport report;
  std::vector<const Tensor*> values;  ///< one for each state; null: missing

 private:
  struct Entry {
    const NamedTensor* tensor;
    const RawTensor* raw;
    const std::string& name() const { return tensor ? tensor->name : raw->name; }
  };

  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    if (file_.metadata.contains("parts") && file_.metadata.contains("0"))  // see checkpoint.cpp
      fail(Error::Kind::input, "weights", absolute_name(path_),
           ": holds a checkpoint, not the weights of a model alone. Hint: "
           "train::load_checkpoint.");
    fail(Error::Kind::input, "weights", absolute_name(path_), ": ", parts...);
  }

  void add(const std::string& name, const Entry& entry) {
    const auto [place, is_new] = entries_.emplace(renamed(name, pairs_), entry);
    if (!is_new)
      reject("both ", in_quotes(place->second.name()), " and ", in_quotes(name), " are renamed to ",
             in_quotes(place->first), '.');
  }

  void find(const NamedState& state) {
    const NamedTensor* found = nullptr;
    for (const std::string& name : names_of(state)) {
      const auto entry = entries_.find(name);
      if (entry == entries_.end()) continue;
      if (const RawTensor* raw = entry->second.raw)
        reject(in_quotes(raw->name), " is of dtype ", raw->dtype,
               ", expected F16, BF16, F32 or F64.");
      const NamedTensor& tensor = *entry->second.tensor;
      expect_shape(state, tensor);
      if (found && !same_bits(found->value, tensor.value))
        reject(in_quotes(found->name), " and ", in_quotes(tensor.name),
               " differ, but the model shares one parameter under both names.");
      if (!found) found = &tensor;
      used_.insert(tensor.name);
    }
    values.push_back(found ? &found->value : nullptr);
    (found ? report.loaded : report.missing).push_back(state.path);
  }

  void expect_shape(const NamedState& state, const NamedTensor& tensor) const {
    const Shape &own = state.shape(), &stored = tensor.value.shape();
    if (own == stored) return;
    const bool transposed = own.size() == 2 && Shape(stored.rbegin(), stored.rend()) == own;
    reject(in_quotes(tensor.name), " has shape ", to_string(stored), ", the model's ",
           tensor.name == state.path ? "" : in_quotes(state.path) + ' ', "has ", to_string(own),
           transposed ? ". Hint: it is transposed; Linear has (out,in)." : ".");
  }

  [[noreturn]] void reject_names() const {
    const auto& [loaded, missing, unexpected, skipped, metadata] = report;
    if (missing.empty())
      reject("has ", counted(unexpected.size()), " that the model lacks: ", list_names(unexpected),
             "; the model has: ", list_names(loaded), ". Hint: {.strict = false} leaves them out.");
    Names in_file;
    for (const NamedTensor& tensor : file_.tensors) in_file.push_back(tensor.name);
    reject("lacks ", missing.size(), " of the model's ", counted(states_.size()), ": ",
           list_names(missing), "; it has ",
           in_file.empty()      ? "none"
           : unexpected.empty() ? concat("only ", list_names(in_file))
                                : concat(counted(unexpected.size()),
                                         " that the model lacks: ", list_names(unexpected)),
           '.', hint());
  }

  std::string hint() const {
    constexpr std::size_t most_pairs = 8;
    std::vector<NamedShape> in_file, in_model;
    for (const auto& [name, value] : file_.tensors)
      if (!used_.contains(name)) in_file.push_back({name, to_string(value.shape())});
    for (std::size_t i = 0; i < states_.size(); ++i)
      if (!values[i]) in_model.push_back({states_[i].path, to_string(states_[i].shape())});
    const auto pairs = find_renaming(in_file, in_model);
    if (pairs.empty() || pairs.size() > most_pairs || !pairs_.empty()) return {};
    std::string text;
    for (const auto& [from, to] : pairs)
      text += concat(text.empty() ? "" : ", ", '{', in_quotes(from), ", ", in_quotes(to), '}');
    return concat(" Hint: {.rename = {", text, "}}.");
  }

  const std::vector<NamedState>& states_;
  const SafeTensors& file_;
  const std::filesystem::path& path_;
  std::vector<NamePair> pairs_;
  std::unordered_map<std::string, Entry> entries_;  // under the model's names
  std::unordered_set<std::string> used_;            // names in the file
};

}  // namespace

void save_weights(const Module& model, const std::filesystem::path& path,
                  const SaveOptions& options) {
  const auto pairs = to_file(options.rename);
  SafeTensors file{{}, options.metadata, options.others};
  for (RawTensor& tensor : file.others) tensor.name = renamed(tensor.name, pairs);
  for (const NamedState& state : state_of(model))
    for (const std::string& name : options.all_names ? names_of(state) : Names{state.path})
      file.tensors.push_back({renamed(name, pairs), state.value()});
  save_safetensors(path, file);
}

LoadReport load_weights(Module& model, const std::filesystem::path& path,
                        const LoadOptions& options) {
  return load_weights(model, load_safetensors(path), path, options);
}

LoadReport load_weights(Module& model, const SafeTensors& contents,
                        const std::filesystem::path& path, const LoadOptions& options) {
  model.name_parts();
  const auto states = state_of(model);
  Match match(states, contents, path, options);
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!match.values[i]) continue;
    Parameter parameter = states[i].parameter;
    if (states[i].buffer)
      *states[i].buffer = *match.values[i];
    else
      parameter.set_value(*match.values[i]);
  }
  return std::move(match.report);
}

std::string LoadReport::describe() const {
  std::string text = concat("loaded ", counted(loaded.size()));
  const auto add = [&text](const char* what, const Names& names) {
    if (!names.empty()) text += concat("; ", names.size(), ' ', what, ": ", list_names(names));
  };
  add("missing", missing);
  add("unexpected", unexpected);
  Names left_out;
  for (const RawTensor& tensor : skipped) left_out.push_back(tensor.name);
  add("skipped", left_out);
  return text;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
