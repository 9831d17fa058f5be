// The table of recipes.
#include "recipes.h"

#include <algorithm>

#include <reel/autodiff/core/file.h>

#include "../common/text.h"

namespace reel::mnist {

namespace {

// For MLPs on digits, which are distorted as Simard's were.
const std::string distorted_digits =
    "init = he_normal\n"
    "optimizer = adam\n"
    "schedule = cosine\n"
    "warm-up = 1\n"
    "batch = 128\n"
    "average = 0.9995\n"
    "validation = 0\n"
    "shift = 1\n"
    "rotate = 7.5\n"
    "scale = 0.075\n"
    "elastic = 36\n"
    "elastic-sigma = 5\n";

}  // namespace

const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> table{
      {"case-study", "the small network of the README", "Fashion-MNIST",
       "84.3 % of the test images (seed 1)", "0.3 s",
       "layers = 784-10-10\n"
       "epochs = 10\n"},
      {"fast", "97 % within two seconds", "MNIST", "97.96 ± 0.11 % of the test images (3 seeds)",
       "1 s",
       "layers = 784-128-10\n"
       "init = he_normal\n"
       "optimizer = adam\n"
       "lr = 0.003\n"
       "schedule = cosine\n"
       "warm-up = 0.2\n"
       "epochs = 5\n"
       "validation = 0\n"},
      {"simard", "one hidden layer and elastic distortion (Simard 2003)", "MNIST",
       "99.46 ± 0.04 % of the test images (3 seeds)", "3 to 4 minutes",
       distorted_digits + "layers = 784-800-10\nepochs = 150\n"},
      {"deep", "three hidden layers and elastic distortion", "MNIST",
       "99.50 ± 0.02 % of the test images (6 seeds; together 99.58 %)", "15 minutes",
       distorted_digits + "layers = 784-1500-1000-500-10\nepochs = 120\n"},
      {"fashion", "two hidden layers for clothes", "Fashion-MNIST",
       "90.80 ± 0.42 % of the test images (3 seeds)", "3 minutes",
       "layers = 784-1024-512-10\n"
       "init = he_normal\n"
       "optimizer = adamw\n"
       "weight-decay = 0.01\n"
       "schedule = cosine\n"
       "warm-up = 1\n"
       "batch = 128\n"
       "epochs = 60\n"
       "average = 0.999\n"
       "validation = 0\n"
       "dropout = 0.2\n"
       "label-smoothing = 0.1\n"
       "flip = 0.5\n"
       "elastic = 6\n"
       "elastic-sigma = 5\n"},
  };
  return table;
}

const Recipe& find_recipe(std::string_view name) {
  const auto found = std::find_if(recipes().begin(), recipes().end(),
                                  [&](const Recipe& recipe) { return recipe.name == name; });
  if (found == recipes().end())
    fail_usage("recipe", "there is no ", in_quotes(std::string(name)), ". Hint: one of ",
               apps::listed(recipe_names()), '.');
  return *found;
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) names.emplace_back(recipe.name);
  return names;
}

}  // namespace reel::mnist
