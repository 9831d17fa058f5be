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
  static constexpr double most = 16;  ///< if all digits are right

  double all = most;  ///< of all numbers together: the error is ‖a − b‖ / ‖b‖ (Euclidean norms)
  /// Of the elements, each beside its own size; elements that are 0 in both are left out.
  double median = most, worst = most;
  std::size_t worst_element = 0;  ///< the element with the fewest digits
};

/// The digits of `tested` that are right if `reference` is exact. A number that is not finite has
/// none. Throws Error if their sizes differ.
Digits digits_of(std::span<const double> tested, std::span<const double> reference);

/// "7.2"; "all" if none is wrong.
std::string digits_text(double digits);

/// All numbers of one forward pass and one backward sweep, whatever the precision that computed
/// them; see record_gradients.
struct GradientRecord {
  /// An input of the function, or an operation.
  struct Step {
    std::string operation = {};  ///< empty for an input of the function
    std::string name = {};  ///< of the input; of an operation, the path of its part of the model
    std::vector<std::size_t> shape = {};  ///< of the value
    std::vector<std::size_t> from = {};   ///< the steps it used; constants are left out
    std::vector<double> value = {};       ///< row by row
    std::vector<double> gradient = {};    ///< with respect to the value; empty if off the tape
    std::size_t rule = 0;  ///< the step whose rule added most to the gradient, if replayed

    /// "0.affine_relu": its path and its operation.
    std::string place() const;
  };

  std::vector<Step> steps;  ///< the inputs, then the operations in the order of the forward pass
  std::size_t inputs = 0;   ///< how many steps are inputs
  std::size_t output = 0;   ///< the step that computed the function's value
  double digits = 0;        ///< of the precision: 7.2 for float, 16 for double

  /// The function's value.
  double value() const { return steps[output].value.front(); }
};

/// The digits of each gradient, and the operations that lose some; see digits_of_gradients.
struct GradientDigits {
  /// The digits of the gradient with respect to one input.
  struct Gradient {
    std::string name;  ///< of the input
    Digits digits;     ///< of all elements
  };
  std::vector<Gradient> gradients;  ///< with respect to each input, in order
  double value = Digits::most;      ///< the digits of the function's value

  /// An operation whose result has at least one digit less than the numbers that it used.
  struct Loss {
    std::string place;        ///< "0.affine_relu"
    std::string gradient_of;  ///< of which its rule computes the gradient; empty: its value
    double before = 0;        ///< the fewest digits among the numbers that it used
    double after = 0;         ///< the digits of the result
    /// The digits of the result of the same operation in double, if it uses the same rounded
    /// numbers. They are as few as `after` if the operation is ill-conditioned: then its result
    /// depends strongly on errors of its inputs. They are many if its own arithmetic is wrong.
    double exact = 0;

    /// Whether the operation itself loses the digits, and not its arithmetic.
    bool ill_conditioned() const { return exact - after < before - exact; }
    /// "0.affine_relu, gradient of 0.weight (7.2 → 5.1, ill-conditioned)".
    std::string describe() const;
  };
  std::vector<Loss> losses;  ///< the largest first

  /// Everything in one line.
  std::string describe() const;

  /// For three records of the same steps: `replayed` has the results of each operation and each
  /// rule in double, from the numbers of `tested`.
  static GradientDigits between(const GradientRecord& tested, const GradientRecord& reference,
                                const GradientRecord& replayed);
};

/// Prints `describe()`.
std::ostream& operator<<(std::ostream& out, const GradientDigits& digits);

}  // namespace reel
