// Optimizer: the loop, the groups and the state that every first-order method shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/range.h>
#include <reel/optim/groups.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct StepOptions {
  bool keep_gradients = false;  ///< leave the gradients as they are, instead of emptying them
};

/// A method is this class plus its update rule. g is the gradient, p the parameter, t its step,
/// from 1, counted for each parameter by itself: one more in each `step()` in which it has a
/// gradient.
///
/// Two penalties, of every method: `l2` adds λp to the gradient, so that the method averages and
/// scales it like the loss's; `decay` shrinks the parameter by itself, p *= 1 − lr·λ, before the
/// update (Loshchilov and Hutter, ICLR 2019).
///
/// A step takes subnormal numbers as zero; see FlushSubnormals.
class Optimizer : public Stateful {
 public:
  /// Updates every parameter that has a gradient, and empties the gradients. Throws Error, before
  /// anything has changed, if none has, or if a parameter was resized.
  void step(const StepOptions& options = {});
  void clear_gradients();

  std::size_t group_count() const noexcept { return rates_.size(); }
  /// The learning rate of a group. Throws Error if there is no such group.
  double lr(std::size_t group = 0) const;
  /// Of all groups. Throws Error unless it is finite and not negative.
  void set_lr(double lr);
  /// Of one group. Throws Error as above.
  void set_lr(std::size_t group, double lr);

  std::string_view method() const noexcept { return method_; }
  /// Of all groups, one after the other.
  const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

  /// Step counts, the method's arrays and the groups' rates: all that steps and `set_lr` change but
  /// the parameters themselves, which belong to the model.
  State state() const override;
  void set_state(const State& state) override;

 protected:
  using Names = std::vector<std::string_view>;
  struct Rates {
    double lr, l2, decay;
  };

  /// Some of the numbers of one parameter in one step: arrays of n of them.
  struct Update {
    std::size_t n;
    Real* p;
    const Real* gradient;
    Real* const* state;  ///< the method's own arrays, 0 at first
    double number;       ///< the method's number for this parameter
    std::int64_t t;
    double lr;
    Real l2;

    /// The gradient with the l2 penalty's: g + λp.
    Real g(std::size_t i) const { return gradient[i] + l2 * p[i]; }
  };

  /// `rates`: for groups that set none. `arrays`: names (literals) of the arrays that the method
  /// keeps for each parameter. Throws Error for a group without parameters, for a parameter that is
  /// uninitialised or given twice, and for rates that make no sense.
  Optimizer(std::string_view method, const Groups& groups, const Rates& rates, Names arrays);

  /// Updates each number by itself. Several threads call it, each for parts of the parameters.
  virtual void update(const Update& u) const = 0;
  /// The method's number for a parameter in step t, from the number before, which is 0 at first.
  virtual double next_number(double number, std::int64_t) const { return number; }

  /// Throws Error, naming the method and the option, unless low ≤ value < high.
  void check_option(std::string_view option, double value, double low, double high) const;
  /// Sets state array k of every parameter to a value other than 0.
  void start_state(std::size_t k, Real value);

 private:
  struct Slot {
    Shape shape;
    std::size_t group = 0;
    std::vector<Tensor> state;
    std::int64_t t = 0;
    double number = 0;
    Real* value = nullptr;           // of this step
    const Real* gradient = nullptr;  // null: none in this step
  };
  // Numbers of one parameter.
  struct Piece {
    std::size_t parameter;
    Range numbers;
  };

  void update_piece(const Piece& piece);

  std::string_view method_;
  Names arrays_;
  std::vector<Rates> rates_;  // of each group
  std::vector<Parameter> parameters_;
  std::vector<Slot> slots_;
  std::vector<Piece> pieces_;  // of all parameters, in their order
  std::size_t pieces_at_once_ = 1;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
