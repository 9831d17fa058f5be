// Optimizer: the loop, the groups and the state that all first-order methods share.
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

/// The options of Optimizer::step.
struct StepOptions {
  bool keep_gradients = false;  ///< keep the gradients instead of clearing them
};

/// A method is a subclass with an update rule. g is the gradient and p the parameter. t is the step
/// number, from 1; each parameter counts the calls of `step()` in which it has a gradient.
///
/// All methods have two penalties. `l2` adds λp to the gradient, so the method averages and scales
/// it with the gradient (PyTorch calls it weight_decay, except in AdamW). `weight_decay` shrinks
/// the parameter before the update, p *= 1 − lr·λ (Loshchilov and Hutter, ICLR 2019).
///
/// A step treats subnormal numbers as zero; see FlushSubnormals.
class Optimizer : public Stateful {
 public:
  /// Updates every parameter that has a gradient, and clears the gradients. Throws Error, and
  /// changes nothing, if no parameter has a gradient or if one was resized.
  void step(const StepOptions& options = {});
  /// Forgets the gradients of all parameters.
  void clear_gradients();

  /// The number of groups.
  std::size_t group_count() const noexcept { return rates_.size(); }
  /// The learning rate of a group. Throws Error if there is no such group.
  double lr(std::size_t group = 0) const;
  /// Sets the rate of all groups. Throws Error unless it is finite and not negative.
  void set_lr(double lr);
  /// Sets the rate of one group. Throws Error in the same cases.
  void set_lr(std::size_t group, double lr);

  /// The name of the method, such as "adam".
  std::string_view method() const noexcept { return method_; }
  /// The parameters of all groups, in order.
  const std::vector<Parameter>& parameters() const noexcept { return parameters_; }

  /// The step counts, the method's arrays and the rates of the groups: all that `step` and `set_lr`
  /// change, except the parameters, which belong to the model.
  State state() const override;
  void set_state(const State& state) override;

 protected:
  /// Names of a method's arrays.
  using Names = std::vector<std::string_view>;
  /// The rate and the penalties of a group.
  struct Rates {
    double lr, l2, weight_decay;  ///< see Optimizer
  };

  /// Some elements of one parameter in one step: arrays of n numbers.
  struct Update {
    std::size_t n;         ///< how many elements
    Real* p;               ///< the parameter
    const Real* gradient;  ///< of the loss, without penalties
    Real* const* state;    ///< the method's own arrays, initially 0
    double number;         ///< the method's number for this parameter, see next_number
    std::int64_t t;        ///< the step of this parameter, from 1
    double lr;             ///< the learning rate
    Real l2;               ///< λ of the penalty in the gradient

    /// The gradient including the l2 penalty: g + λp.
    Real g(std::size_t i) const { return gradient[i] + l2 * p[i]; }
  };

  /// `rates`: for groups that set none. `arrays`: the names (literals) of the arrays that the
  /// method stores for each parameter. Throws Error for a group without parameters, for a parameter
  /// that is uninitialised or given twice, and for rates that make no sense.
  Optimizer(std::string_view method, const Groups& groups, const Rates& rates, Names arrays);

  /// Updates each element independently. Several threads call it at the same time, for different
  /// elements.
  virtual void update(const Update& u) const = 0;
  /// The method's number for a parameter in step t, from the number before, which is initially 0.
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
    Real* value = nullptr;           // the values, in this step
    const Real* gradient = nullptr;  // null: no gradient in this step
  };
  // A range of elements of one parameter.
  struct Piece {
    std::size_t parameter;
    Range numbers;
  };

  void update_piece(const Piece& piece);
  [[noreturn]] void fail_without_gradient() const;
  [[noreturn]] void fail_moved() const;

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
