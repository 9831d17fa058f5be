// Checking gradients against numerical ones.
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

/// |analytic − numeric| ≤ atol + rtol·|numeric| is asked of each entry. In double, an entry that is
/// wrong by one part in a million is seen. The defaults for float are as tight as its seven digits
/// allow, and see no error below one part in two hundred: check in double, by linking reel::f64,
/// whenever you can.
struct CheckOptions {
  static constexpr bool in_double = std::is_same_v<Real, double>;

  int order = 2;  ///< 1: gradients; 2: gradients of gradients as well; and so on
  double rtol = in_double ? 1e-6 : 5e-3;
  double atol = in_double ? 1e-8 : 1e-3;
  double step = in_double ? 1e-3 : 3e-2;  ///< times max(1, |x|); smaller ones where that fails
  bool fast = false;    ///< compare derivatives along random directions, not each entry
  int projections = 3;  ///< how many of them, in fast mode
  std::uint64_t seed = 0;
  std::vector<std::string> names = {};  ///< of the inputs, for the report
};

/// The two ways in which `grad` goes back over a tape.
enum class Sweep { fused, recorded };

/// What a check found. It converts to whether all was right, and prints as describe().
struct CheckReport {
  bool ok = true;
  /// Why nothing could be compared; empty if something was.
  std::string problem;

  /// The worst entry: the derivative by element `element` of input `input` …
  int order = 1;
  Sweep sweep = Sweep::fused;
  std::size_t input = 0, element = 0;
  Shape index;            ///< the element's indices
  std::string name;       ///< the input's, as the options gave it
  std::size_t width = 1;  ///< above 1: along a random direction of that many elements from there
  /// … of element `output` of f's value; of a random projection of f, or of its gradient at higher
  /// orders, if `projected`.
  std::size_t output = 0;
  Shape output_index;
  bool projected = false;
  double analytic = 0, numeric = 0;
  double step = 0;    ///< of the numeric derivative
  double excess = 0;  ///< |analytic − numeric| / (atol + rtol·|numeric|); above 1 is wrong

  /// The operation whose rule has the largest error, and in words which call of
  /// it; empty if all is right, or if none is to blame.
  std::string operation;
  std::string fault;

  std::size_t entries = 0;  ///< how many derivatives were compared, each for both sweeps
  std::size_t kinks = 0;    ///< of these, between the derivatives from the left and the right
  std::size_t skipped = 0;  ///< left out: of order 2 and more, at a kink, where there is none

  /// All that in one line.
  std::string describe() const;
  explicit operator bool() const noexcept { return ok; }
};

std::ostream& operator<<(std::ostream& out, const CheckReport& report);

/// A function of several variables, built of differentiable operations.
using CheckedFunction = std::function<Var(std::span<const Var>)>;

/// Compares the full Jacobian of f at `inputs` with a numerical one (five-point stencil, error
/// O(step⁴)), both as the sweep over tensors and as the recorded one compute it; with order 2 also
/// the Jacobian of a random projection of the gradient.
///
/// In fast mode it compares the derivatives of random projections of f along random directions, at
/// four evaluations of f each, whatever the sizes; where they differ, it halves the direction until
/// it has found the entry. An entry that is wrong by the factor 1 + ε among n others is seen if ε >
/// rtol·√n or so.
///
/// An entry that differs is compared with smaller steps, down to step/8⁵, as far as rounding lets
/// it, since f may have a kink or a pole nearby. If f has a kink at the input itself, any value
/// between the derivatives from the left and from the right is right, and counted.
///
/// The operation at fault is found exactly: moving the inputs moves the value of each operation on
/// the tape, and the difference is the sum, over the operations, of what each rule misses of that.
/// At order 2 it is often one that a rule recorded; the report names that rule's operation. A
/// constant that changes with the inputs, such as a value() where a Var belongs, is named too.
///
/// A value or gradient that is not finite, an empty Var and an f of which two evaluations differ
/// make a failed report. What f throws at the inputs is passed on; if it throws Error beside them,
/// a smaller step is tried. Throws Error for options that make no sense.
CheckReport check_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                            const CheckOptions& options = {});

namespace detail {

struct Computation {
  std::vector<Var> inputs;
  Var output;
};

/// Computes an output from tensors, and says which variables on the tape these are.
using Program = std::function<Computation(Tape&, const std::vector<Tensor>&)>;

CheckReport check_program(const Program& program, const std::vector<Tensor>& inputs,
                          const CheckOptions& options);

}  // namespace detail

}  // namespace reel::inline REEL_PRECISION
