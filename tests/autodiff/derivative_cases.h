// Cases of derivatives that are compared with numerical ones.
#pragma once

#include <doctest/doctest.h>

#include <span>
#include <vector>

#include <reel/autodiff/inspect/check.h>

namespace reel::inline REEL_PRECISION {

using Vars = std::span<const Var>;

struct DerivativeCase {
  const char* what;
  CheckedFunction f;
  std::vector<Tensor> inputs;
};

inline void check_all(const std::vector<DerivativeCase>& cases) {
  for (const DerivativeCase& c : cases) {
    CAPTURE(c.what);
    const CheckReport report = check_gradients(c.f, c.inputs);
    CHECK_MESSAGE(report.ok, report.describe());
  }
}

}  // namespace reel::inline REEL_PRECISION
