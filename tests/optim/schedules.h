// The code that the tests of schedules share: an optimiser with two groups, and
// golden/schedules.json.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include <reel/optim/sgd.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

inline Sgd two_groups(double first, double second) {
  return Sgd({{.parameters = {Parameter(vector({1}))}, .lr = first},
              {.parameters = {Parameter(vector({2}))}, .lr = second}},
             {.lr = 1});
}

inline nlohmann::json golden_schedules() {
  std::ifstream file(REEL_SOURCE_DIR "/tests/golden/schedules.json");
  REQUIRE_MESSAGE(file.good(), "tests/golden/schedules.json cannot be read");
  return nlohmann::json::parse(file);
}

/// Sets an option if the case gives it, and marks it as read.
template <class T>
void take(nlohmann::json& options, const char* name, T& option) {
  if (!options.contains(name)) return;
  option = options[name].get<T>();
  options.erase(name);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
