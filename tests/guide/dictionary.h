// The context in which the expressions of the guide's dictionary are compiled and run.
#pragma once

#include <cstdio>
#include <filesystem>
#include <iostream>

#include <reel/reel.h>

using namespace reel;

// The names that the tables use; each expression has its own.
struct Context {
  Rng rng{1};
  nn::Sequential model = [this] {
    nn::Sequential made(nn::Linear(3, 4), nn::tanh, nn::Linear(4, 2));
    nn::init(made, rng);
    return made;
  }();
  Parameter p = model.parameters()[0];
  const Var theta = optim::values_of(model.parameters());
  const nn::StateDict state = nn::state_dict(model);
  optim::Adam adam{model.parameters(), {.lr = 1e-3}};

  Tape tape;
  const Var x = tape.variable(matrix({{1, -2, 3}, {-4, 5, 6}}));
  const Var y = tape.variable(matrix({{1, 1, 2}, {2, 3, 3}}));
  const Var v = tape.variable(vector({1, 2, 3}));
  const Var A = tape.variable(matrix({{4, 1, 0}, {1, 4, 1}, {0, 1, 4}}));
  const Var w = tape.variable(matrix({{1, 2, 3}, {4, 5, 6}}));
  const Var b = tape.variable(vector({1, 2}));
  const Labels labels{0, 1};
  const Var scores = model(x);
  const Var loss = nn::cross_entropy(scores, labels) + sum(square(v));
  const Var sum_loss = nn::cross_entropy(scores, labels, Reduction::sum);
  const data::Dataset points{x.value(), labels};

  static constexpr auto f = [](const Var& at) { return sum(square(at)); };
  static constexpr auto g = [](const Var& at) { return square(at); };
  static constexpr auto many = [](std::span<const Var> at) { return square(at[0]); };

  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  const std::filesystem::path file = folder / "reel-dictionary.file";
  const std::filesystem::path array = folder / "reel-dictionary.npy";

  Context() { data::save_npy(array, vector({1, 2})); }
  ~Context() { std::filesystem::remove(file), std::filesystem::remove(array); }
};

// Runs the expression of a row; says whether it failed.
template <class Row>
bool fails(const char* expression) {
  try {
    Row()();
    return false;
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", expression, error.what());
    return true;
  }
}
