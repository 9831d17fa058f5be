// The context in which the expressions of the dictionary in the guide are compiled and run.
#pragma once

#include <reel/reel.h>

#include <cstdio>
#include <filesystem>
#include <iostream>

using namespace reel;

struct Context {
  Rng rng{1};
  nn::Sequential model{nn::Linear(3, 4), nn::tanh, nn::Linear(4, 2)};
  std::filesystem::path file = std::filesystem::temp_directory_path() / "reel-dictionary.file";
  std::filesystem::path array = std::filesystem::temp_directory_path() / "reel-dictionary.npy";

  Context() {
    nn::init(model, rng);
    data::save_npy(array, vector({1, 2}));
  }
  ~Context() { std::filesystem::remove(file), std::filesystem::remove(array); }
};

// The names that the tables use, as variables of the function.
#define REEL_DICTIONARY_NAMES(c)                                                              \
  [[maybe_unused]] auto &rng = (c).rng;                                                       \
  [[maybe_unused]] auto &model = (c).model;                                                   \
  [[maybe_unused]] auto &file = (c).file, &array = (c).array;                                 \
  optim::Adam adam(model.parameters(), {.lr = 1e-3});                                         \
  Tape tape;                                                                                  \
  [[maybe_unused]] const Var x = tape.variable(matrix({{1, -2, 3}, {-4, 5, 6}}));             \
  [[maybe_unused]] const Var y = tape.variable(matrix({{1, 1, 2}, {2, 3, 3}}));               \
  [[maybe_unused]] const Var v = tape.variable(vector({1, 2, 3}));                            \
  [[maybe_unused]] const Var A = tape.variable(matrix({{4, 1, 0}, {1, 4, 1}, {0, 1, 4}}));    \
  [[maybe_unused]] const Var w = tape.variable(matrix({{1, 2, 3}, {4, 5, 6}}));               \
  [[maybe_unused]] const Var b = tape.variable(vector({1, 2}));                               \
  [[maybe_unused]] const Labels labels{0, 1};                                                 \
  [[maybe_unused]] const Var scores = model(x);                                               \
  [[maybe_unused]] const Var loss = nn::cross_entropy(scores, labels) + sum(square(v));       \
  [[maybe_unused]] const Var sum_loss = nn::cross_entropy(scores, labels, Reduction::sum);    \
  [[maybe_unused]] Parameter p = model.parameters()[0];                                       \
  [[maybe_unused]] const Var theta = optim::values_of(model.parameters());                    \
  [[maybe_unused]] const auto f = [](const Var& at) { return sum(square(at)); };              \
  [[maybe_unused]] const auto g = [](const Var& at) { return square(at); };                   \
  [[maybe_unused]] const auto many = [](std::span<const Var> at) { return square(at[0]); };   \
  [[maybe_unused]] const data::Dataset points(x.value(), labels)

inline int failures = 0;

template <class F>
void run(const char* row, F f) {
  try {
    Context context;
    f(context);
  } catch (const std::exception& error) {
    std::printf("%s: %s\n", row, error.what());
    failures = 1;
  }
}
