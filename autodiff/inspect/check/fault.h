// Finds the operation at fault: the rule on a tape that makes a derivative wrong.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <reel/autodiff/inspect/check/program.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

/// A wrong derivative: the derivative of seed·output along a line.
struct Suspect {
  Program program;
  std::function<std::vector<Tensor>(double t)> line;  ///< the inputs at t
  double step;
  SharedTensor seed;
  Sweep sweep;
  const Origins* origins;  ///< of the nodes, filled in when the program runs
};

struct Fault {
  std::string operation;    ///< empty if not found
  std::string description;  ///< in words
};

/// Let vᵢ be the derivative of node i's value along the line, gᵢ the gradient with respect to that
/// value, and Jᵢ the Jacobian that the rule of node i implements. Then
///     numeric − analytic = Σᵢ gᵢ·(vᵢ − Jᵢ·v_inputs of i),
/// since all other terms cancel. So each operation contributes its own error to the difference. vᵢ
/// comes from the tapes at neighbouring points, gᵢJᵢ from the rule. Finds the operation with the
/// largest error. If a rule recorded this operation, the operation of that rule is at fault, and so
/// on up to an operation of f. If the errors do not add up to the difference, the sweep itself is
/// wrong, and no operation is found.
Fault find_fault(const Suspect& suspect);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
