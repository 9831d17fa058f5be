// The operation at fault: which rule on a tape makes a derivative wrong.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <reel/autodiff/inspect/check/program.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

/// A derivative that is wrong: of seed·output along a line.
struct Suspect {
  Program program;
  std::function<std::vector<Tensor>(double t)> line;  ///< the inputs at t
  double step;
  SharedTensor seed;
  Sweep sweep;
  const Origins* origins;  ///< what running the program fills in; null for none
};

struct Fault {
  std::string operation;    ///< empty if not found
  std::string description;  ///< in words
};

/// Let vᵢ be the derivative of node i's value along the line, gᵢ the gradient by it, and Jᵢ what
/// its rule takes for its Jacobian. Then
///     numeric − analytic = Σᵢ gᵢ·(vᵢ − Jᵢ·v_inputs of i),
/// since everything else cancels: each operation has its own error, a part of the difference. vᵢ is
/// known from the tapes at neighbouring points, gᵢJᵢ from the rule. Finds the operation with the
/// largest error, unless the errors do not add up to the difference: then the sweep itself is
/// wrong.
Fault find_fault(const Suspect& suspect);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
