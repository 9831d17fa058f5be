// Digits: how many decimal digits of a computation in one precision are right, beside another one.
// Nothing here depends on the precision, so code linked with reel::f32 and code linked with
// reel::f64 can pass these structures to each other.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace reel {

/// How many decimal digits of some numbers are right: −log₁₀ of their relative error, from 0 to 16.
struct Digits {
  static constexpr double most = 16;

  double all = most;  ///< of all numbers together: the error is ‖a − b‖ / ‖b‖ (Euclidean norms)
  /// Of the elements, each beside its own size; elements that are 0 in both are left out.
  double median = most, worst = most;
  std::size_t worst_element = 0;
};

/// The digits of `tested` that are right if `reference` is exact. A number that is not finite has
/// none. Throws Error if their sizes differ.
Digits digits_of(std::span<const double> tested, std::span<const double> reference);

/// All numbers of one forward pass and one backward sweep, whatever the precision that computed
/// them; see record_gradients.
struct GradientRecord {
  struct Step {
    std::string operation = {};  ///< empty for an input of the function
    std::string name = {};  ///< of the input; of an operation, the path of its part of the model
    std::vector<std::size_t> shape = {};
    std::vector<std::size_t> from = {};  ///< the steps it used; constants are left out
    std::vector<double> value = {};
    std::vector<double> gradient = {};  ///< with respect to the value; empty if off the tape

    /// "0.affine_relu": its path and its operation.
    std::string place() const;
  };

  std::vector<Step> steps;  ///< the inputs, then the operations in the order of the forward pass
  std::size_t inputs = 0;
  std::size_t output = 0;  ///< the step that computed the function's value
  double digits = 0;       ///< of the precision: 7.2 for float, 16 for double

  /// The function's value.
  double value() const { return steps[output].value.front(); }
};

/// The digits of each gradient, and the operations that lose some; see digits_of_gradients.
struct GradientDigits {
  struct Gradient {
    std::string name;
    Digits digits;
  };
  std::vector<Gradient> gradients;  ///< with respect to each input, in order
  double value = Digits::most;      ///< the digits of the function's value

  /// An operation whose result has at least half a digit less than the numbers that it used.
  struct Loss {
    std::string place;      ///< "0.affine_relu"
    bool backward = false;  ///< the result is a gradient that its rule computed, not its value
    double before = 0;      ///< the fewest digits among the numbers that it used
    double after = 0;       ///< the digits of the result
    /// The digits of the result beside the same operation in double, computed from the same
    /// rounded numbers. If they are many more than `after`, the operation is accurate, but its
    /// result depends strongly on the errors of its inputs: the computation is ill-conditioned.
    double own = 0;

    bool ill_conditioned() const { return own >= after + 0.5; }
    /// "0.affine_relu, backward (7.2 → 5.1, its own error)".
    std::string describe() const;
  };
  std::vector<Loss> losses;  ///< the largest first

  /// Everything in one line.
  std::string describe() const;

  /// For a step of a record: the digits of its value, and of its gradient, beside one operation or
  /// one rule in double that used the recorded numbers; and the step whose rule adds most to the
  /// gradient.
  struct Own {
    double value = Digits::most, gradient = Digits::most;
    std::size_t rule = 0;
  };
  /// Expects two records with the same steps.
  static GradientDigits between(const GradientRecord& tested, const GradientRecord& reference,
                                std::span<const Own> own);
};

std::ostream& operator<<(std::ostream& out, const GradientDigits& digits);

}  // namespace reel
