// Optimizer: the loop and the state that every first-order method shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/var.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct StepOptions {
  bool keep = false;  ///< leave the gradients as they are, instead of emptying them
};

/// A method is this class plus its update rule. g is the gradient, p the parameter, t its step,
/// from 1, counted for each parameter by itself: one more in each `step()` in which it has a
/// gradient.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// Updates every parameter that has a gradient, and empties the gradients. Throws Error if none
  /// has.
  void step(const StepOptions& options = {});
  void clear_gradients();

  double lr() const noexcept { return lr_; }
  /// Throws Error unless it is finite and not negative.
  void set_lr(double lr);

  std::string_view method() const noexcept { return method_; }
  const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

 protected:
  /// One parameter in one step: arrays of n numbers.
  struct Update {
    std::size_t n;
    Real* p;
    const Real* gradient;
    Real* const* state;  ///< the method's own arrays, 0 at first
    std::int64_t t;
    double lr;
    Real l2;

    /// The gradient with the l2 penalty's: g + λp.
    Real g(std::size_t i) const { return gradient[i] + l2 * p[i]; }
  };

  /// `states`: how many arrays the method keeps for a parameter. Throws Error for no parameters,
  /// for one that is uninitialised or given twice, and for an lr or l2 that makes no sense.
  Optimizer(std::string_view method, std::vector<Parameter> parameters, double lr, double l2,
            std::size_t states);

  virtual void update(const Update& u) = 0;

  /// Throws Error, naming the method and the option, unless low ≤ value < high.
  void check_option(std::string_view option, double value, double low, double high) const;
  /// Sets state array k of every parameter to a value other than 0.
  void start_state(std::size_t k, Real value);

 private:
  struct Slot {
    Shape shape;
    std::vector<Tensor> state;
    std::int64_t t = 0;
  };

  std::string_view method_;
  std::vector<Parameter> parameters_;
  std::vector<Slot> slots_;
  double lr_ = 0;
  double l2_;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
