// Recipes: settings of `train` that reach a known result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace reel::mnist {

struct Recipe {
  std::string_view name;
  std::string_view about;   ///< in a few words
  std::string_view data;    ///< for which it was chosen
  std::string_view result;  ///< accuracy on the test images, and of how many seeds
  std::string_view time;    ///< on two cores
  std::string settings;     ///< a line for each option, as --config reads them
};

/// All recipes. Their settings were chosen by validation images, never by the test images.
const std::vector<Recipe>& recipes();
/// Throws Error (usage) if there is no recipe of this name.
const Recipe& find_recipe(std::string_view name);
std::vector<std::string> recipe_names();

}  // namespace reel::mnist
