// Checking gradients against numerical ones.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/var.h>

namespace reel::inline REEL_PRECISION {

struct CheckOptions {
  int order = 2;       ///< 1: gradients; 2: gradients of gradients as well
  double rtol = 1e-6;  ///< |analytic − numeric| ≤ atol + rtol·|numeric|, for each entry
  double atol = 1e-8;
  double step = 1e-3;  ///< the numeric derivative uses x ± step and x ± 2·step
};

/// What a check found; `ok` if every entry agrees.
struct CheckReport {
  bool ok = true;
  int order = 1;          ///< of the worst entry
  std::size_t input = 0;  ///< the worst entry: by element `element` of input `input` …
  std::size_t element = 0;
  std::size_t output = 0;  ///< … of element `output` of the result
  double analytic = 0, numeric = 0;
  double excess = 0;  ///< |analytic − numeric| / (atol + rtol·|numeric|); above 1 is wrong

  std::string describe() const;
};

/// A function of several variables, built of differentiable operations.
using CheckedFunction = std::function<Var(std::span<const Var>)>;

/// Compares the full Jacobian of f at `inputs` with a numerical one (five-point stencil, error
/// O(step⁴)), both as the sweep over tensors and as the recorded one compute it; with order 2 also
/// the Jacobian of a random projection of the gradient. Meant for double: float has not enough
/// digits for the default tolerances. A kink of f must be farther from the inputs than 2·step.
CheckReport check_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                            const CheckOptions& options = {});

}  // namespace reel::inline REEL_PRECISION
