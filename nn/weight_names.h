// The names of a model's weights: renaming them, listing them, and finding out how a file's differ.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reel {

/// A part's name on one side and on the other; see nn::Rename.
using NamePair = std::pair<std::string, std::string>;

/// `name` after the first pair whose first name is the name itself, or one that it begins with
/// before a dot; the same name if there is none. A dot at the end of a name in `pairs` is ignored.
std::string renamed(const std::string& name, const std::vector<NamePair>& pairs);

/// In quotes, with commas; of a long list the first ones, and how many more there are.
std::string list_names(const std::vector<std::string>& names);

struct NamedShape {
  std::string name, shape;  ///< the shape as text
};

/// Pairs that turn the first names into the second, with equal shapes; empty if none are found.
/// Looks for one pair for all names, then for one for each layer, which is a set of names that
/// differ in the last part only. Layers that look alike are taken in order.
std::vector<NamePair> find_renaming(const std::vector<NamedShape>& from,
                                    const std::vector<NamedShape>& to);

}  // namespace reel
