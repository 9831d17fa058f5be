// Collects warnings in a test.
#pragma once

#include <string>
#include <vector>

#include <reel/autodiff/core/warning.h>

namespace reel {

/// While it is alive, it receives all warnings.
struct Warnings {
  Warnings() : before(set_warning_handler([this](const std::string& w) { got.push_back(w); })) {}
  ~Warnings() { set_warning_handler(before); }
  Warnings(const Warnings&) = delete;
  Warnings& operator=(const Warnings&) = delete;

  std::vector<std::string> got;
  WarningHandler before;
};

}  // namespace reel
