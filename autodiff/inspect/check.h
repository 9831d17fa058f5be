// Checks gradients against numerical derivatives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <reel/autodiff/engine/var.h>

namespace reel::inline REEL_PRECISION {

class Tape;

/// Each entry must satisfy |analytic − numeric| ≤ atol·min(1, |f|/|x|) + rtol·|numeric|. In double,
/// the check detects a relative error of one in a million. In float, which has seven digits, the
/// default tolerances miss errors below one in two hundred: link reel::f64 and check in double when
/// you can.
struct CheckOptions {
  static constexpr bool in_double = std::is_same_v<Real, double>;  ///< whether Real is double

  int order = 2;  ///< 1: gradients; 2: gradients of gradients as well; and so on
  double rtol = in_double ? 1e-6 : 5e-3;  ///< the relative tolerance
  double atol = in_double ? 1e-8 : 1e-3;  ///< the absolute tolerance
  double step = in_double ? 1e-3 : 3e-2;  ///< times max(1, |x|); other steps if that fails
  bool fast = false;       ///< compare derivatives along random directions instead of each entry
  int projections = 3;     ///< how many directions, in fast mode
  std::uint64_t seed = 0;  ///< of the random directions
  std::vector<std::string> names = {};  ///< of the inputs, for the report
};

/// The two backward sweeps of `grad`: with tensors, and recorded.
enum class Sweep { fused, recorded };

/// The result of a check. It converts to bool, true if all was right, and prints as describe().
struct CheckReport {
  bool ok = true;  ///< whether all derivatives were right
  /// The reason why nothing could be compared; empty if something was.
  std::string problem;

  /// The worst entry: the derivative with respect to element `element` of input `input` …
  int order = 1;
  Sweep sweep = Sweep::fused;          ///< the sweep that computed it
  std::size_t input = 0, element = 0;  ///< the place of the worst entry
  Shape index;                         ///< the element's indices
  std::string name;                    ///< the name of the input, from the options
  std::size_t width = 1;  ///< above 1: a random direction of that many elements from there
  /// … of element `output` of f's value. If `projected`, of a random projection of f, or of its
  /// gradient at higher orders.
  std::size_t output = 0;
  Shape output_index;                ///< the indices of that element of the output
  bool projected = false;            ///< whether the output is a random projection
  double analytic = 0, numeric = 0;  ///< the two derivatives that were compared
  double step = 0;                   ///< of the numeric derivative
  double excess = 0;  ///< |analytic − numeric| in multiples of what is allowed; above 1: an error

  /// The operation whose rule has the largest error, and a description of the call; empty if all is
  /// right, or if no operation is to blame.
  std::string operation;
  std::string fault;  ///< the call of that operation in words

  std::size_t entries = 0;  ///< how many derivatives were compared, each with both sweeps
  std::size_t kinks = 0;    ///< of these, how many lie between the left and the right derivative
  std::size_t skipped = 0;  ///< left out: at a kink, derivatives of order 2 and up do not exist
  /// Derivatives that cannot be judged, because rounding hides the numerical ones. They count
  /// neither as right nor as wrong.
  std::size_t unjudged = 0;
  std::string doubt;  ///< the first of them in words; empty if there is none

  /// The whole report in one line.
  std::string describe() const;
  /// The same as `ok`.
  explicit operator bool() const noexcept { return ok; }
};

/// Prints `describe()`.
std::ostream& operator<<(std::ostream& out, const CheckReport& report);

/// A function of several variables that is made of differentiable operations.
using CheckedFunction = std::function<Var(std::span<const Var>)>;

/// Compares the full Jacobian of f at `inputs` with a numerical one (five-point stencil, error
/// O(step⁴)), once for each sweep. With order 2 it also checks the Jacobian of a random projection
/// of the gradient.
///
/// In fast mode it compares derivatives of random projections of f along random directions. Each
/// costs four evaluations of f, whatever the sizes. If one is wrong, the check halves the direction
/// until it has found the wrong entry. Among n entries, it detects one that is wrong by the factor
/// 1 + ε if ε is more than about rtol·√n. If f has a kink at the inputs, the check compares at a
/// random point beside them as well, where a kink hides nothing; so many kinks cost no more than
/// one.
///
/// If an entry differs, the check tries smaller steps, down to step/8⁵ (for |x| below 1 further, in
/// proportion to x) or the limit set by rounding, since f may have a kink or a pole nearby. If f
/// has a kink at the input itself, every value between the derivatives from the left and from the
/// right is accepted, and counted in `kinks`. If f is computed so inexactly that no step gives a
/// derivative of the tolerance, and the analytic one lies within the error of the best, it cannot
/// be judged, and is counted in `unjudged`. The check fails if that is so for all entries.
///
/// The check computes exactly which operation is at fault. Moving the inputs moves the value of
/// each operation on the tape; the total error is the sum of the errors of all rules. From
/// order 2 on the wrong operation is often one that a rule recorded; the report then names the
/// operation of f that this rule belongs to, through rules of rules. It also names a constant that
/// changes with the inputs, such as a value() in place of a Var.
///
/// The report also fails if a value or gradient is not finite, if a Var is empty, or if two
/// evaluations of f differ. An exception that f throws at the inputs is passed on. If f throws
/// Error at a point near the inputs, the check tries a smaller step. Throws Error for options that
/// make no sense.
CheckReport check_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                            const CheckOptions& options = {});

namespace detail {

struct Computation {
  std::vector<Var> inputs;
  Var output;
};

/// Computes an output from tensors, and returns the variables on the tape that stand for these
/// tensors.
using Program = std::function<Computation(Tape&, const std::vector<Tensor>&)>;

CheckReport check_program(const Program& program, const std::vector<Tensor>& inputs,
                          const CheckOptions& options);

}  // namespace detail

}  // namespace reel::inline REEL_PRECISION
