// Names are paths: parts with dots between them.
#include <reel/nn/weight_names.h>

#include <algorithm>
#include <map>
#include <set>

#include <reel/autodiff/core/file.h>

namespace reel {
namespace {

constexpr std::size_t most_listed = 4, most_compared = 1000;

std::string_view without_dot(std::string_view path) {
  return path.ends_with('.') ? path.substr(0, path.size() - 1) : path;
}

bool is_within(std::string_view name, std::string_view path) {
  return path.empty() || name == path || (name.starts_with(path) && name[path.size()] == '.');
}

std::string_view parent(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? std::string_view() : name.substr(0, dot);
}

std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// Both paths without the last parts that they share.
NamePair without_common_end(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty() && last_part(a) == last_part(b)) {
    a = parent(a);
    b = parent(b);
  }
  return {std::string(a), std::string(b)};
}

// A part of a model with its tensors: the last part of each name, and the shape.
struct Layer {
  std::string path;
  std::set<std::pair<std::string, std::string>> tensors;
};

std::vector<Layer> layers_of(const std::vector<NamedShape>& tensors) {
  std::vector<Layer> layers;
  std::map<std::string_view, std::size_t> places;
  for (const auto& [name, shape] : tensors) {
    const auto [place, is_new] = places.try_emplace(parent(name), layers.size());
    if (is_new) layers.push_back({std::string(parent(name)), {}});
    layers[place->second].tensors.emplace(last_part(name), shape);
  }
  return layers;
}

// For each layer of `to`, the first of `from` that has the same tensors and is not yet taken.
std::vector<NamePair> pair_layers(std::vector<Layer> from, const std::vector<Layer>& to) {
  std::vector<NamePair> pairs;
  for (const Layer& layer : to) {
    const auto found = std::find_if(from.begin(), from.end(), [&](const Layer& candidate) {
      return candidate.tensors == layer.tensors;
    });
    if (found == from.end()) return {};
    pairs.push_back({found->path, layer.path});
    from.erase(found);
  }
  return pairs;
}

bool turns(const std::vector<NamedShape>& from, const std::vector<NamedShape>& to,
           const std::vector<NamePair>& pairs) {
  std::map<std::string_view, std::string_view> left;
  for (const auto& [name, shape] : to) left.emplace(name, shape);
  for (const auto& [name, shape] : from) {
    const auto found = left.find(renamed(name, pairs));
    if (found == left.end() || found->second != shape) return false;
    left.erase(found);
  }
  return left.empty();
}

}  // namespace

std::string renamed(const std::string& name, const std::vector<NamePair>& pairs) {
  for (const auto& [first, second] : pairs) {
    const std::string_view from = without_dot(first), to = without_dot(second);
    if (!is_within(name, from)) continue;
    std::string rest = name.substr(from.size());
    if (from.empty() == to.empty() || rest.empty()) return std::string(to) + rest;
    return to.empty() ? rest.substr(1) : concat(to, '.', rest);
  }
  return name;
}

std::string list_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == most_listed && names.size() > most_listed + 1)
      return concat(text, ", … (", names.size() - i, " more)");
    if (i > 0) text += ", ";
    text += in_quotes(names[i]);
  }
  return text;
}

std::vector<NamePair> find_renaming(const std::vector<NamedShape>& from,
                                    const std::vector<NamedShape>& to) {
  if (from.size() != to.size() || from.empty() || from.size() > most_compared) return {};
  std::set<NamePair> tried;
  for (const NamedShape& tensor : from) {
    const NamePair pair = without_common_end(tensor.name, to[0].name);
    if (last_part(tensor.name) == last_part(to[0].name) && tried.insert(pair).second &&
        turns(from, to, {pair}))
      return {pair};
  }
  std::vector<NamePair> pairs = pair_layers(layers_of(from), layers_of(to));
  return turns(from, to, pairs) ? pairs : std::vector<NamePair>();
}

}  // namespace reel
