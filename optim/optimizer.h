// Optimizer: the loop, the groups and the state that every first-order method shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/lazy_gradient.h>
#include <reel/optim/groups.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct StepOptions {
  bool keep = false;  ///< leave the gradients as they are, instead of emptying them
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
  /// A gradient for each of `parameters()`, or an empty one.
  using Gradients = std::vector<LazyGradient>;
  /// Where these are, in lines of the cache of its own.
  using Views = std::vector<GradientView, memory::Allocator<GradientView>>;

  /// Updates every parameter that has a gradient, and empties the gradients. Throws Error, before
  /// anything has changed, if none has, or if a parameter was resized.
  void step(const StepOptions& options = {});
  /// The same from gradients that workers made: parameter i's is the sum over w, in this order, of
  /// shares[w][i], where an empty one counts as 0. Each worker computes, sums and updates a part of
  /// its own of all parameters. What the parameters hold as gradients is neither read nor changed.
  /// Throws Error, before anything has changed, if there is no gradient at all, or if a list or a
  /// gradient does not fit the parameters.
  void step(std::span<const Gradients> shares, Workers& workers);
  /// The parts of such a step, for threads that are in the midst of a task. First each shows its
  /// list, which must stay as it is until the end. Throws if it, or one of its gradients, does not
  /// fit the parameters.
  void view(const Gradients& share, Views& into) const;
  /// Then one thread begins the step for `count` of them. Throws, before anything has changed, if
  /// there is no gradient at all.
  void begin_step(std::span<const Views> shares, std::size_t count);
  /// Then each of these threads computes, sums and updates its part.
  void take_part(std::span<const Views> shares, std::size_t index, std::size_t count);
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
  struct Rates {
    double lr, l2, decay;
  };

  /// Some of the numbers of one parameter in one step: arrays of n of them.
  struct Update {
    std::size_t n;
    Real* p;
    const Real* gradient;
    Real* const* state;  ///< the method's own arrays, 0 at first
    double number;       ///< the method's own for this parameter
    std::int64_t t;
    double lr;
    Real l2;

    /// The gradient with the l2 penalty's: g + λp.
    Real g(std::size_t i) const { return gradient[i] + l2 * p[i]; }
  };

  using Names = std::vector<std::string_view>;

  /// `rates`: of groups without their own. `arrays`: the names of those that the method keeps for
  /// each parameter, literals. Throws Error for a group without parameters, for a parameter that is
  /// uninitialised or given twice, and for rates that make no sense.
  Optimizer(std::string_view method, const Groups& groups, const Rates& rates, Names arrays);

  /// Updates each of the numbers by itself. A parameter may come in parts, on several threads.
  virtual void update(const Update& u) const = 0;
  /// The number that a method may keep for each parameter, in step t; before, it is 0.
  virtual double next_number(double number, std::int64_t) const { return number; }

  /// Throws Error, naming the method and the option, unless low ≤ value < high.
  void check_option(std::string_view option, double value, double low, double high) const;
  /// Sets state array k of every parameter to a value other than 0.
  void start_state(std::size_t k, Real value);

 private:
  // In lines of the cache of its own, since one thread writes it and all read it.
  struct alignas(64) Slot {
    Shape shape;
    std::size_t count = 0;  // of its numbers
    std::size_t group = 0;
    std::vector<Tensor> state;
    std::int64_t t = 0;
    double number = 0;
    // in this step:
    Real* value = nullptr;
    std::size_t grain = 0;             // numbers that come together; 0: no gradient
    ColumnProduct* columns = nullptr;  // whose columns come together, or null
    SharedTensor sum;  // of all gradients, if some are by columns and can't be updated so
  };

  void check_shape(std::size_t i, const Shape& gradient) const;
  void sum_columns(std::size_t i, std::span<const Views> shares);
  void begin_update(std::size_t i);
  void update_part(std::size_t i, Share part, Real* p, const Real* gradient);
  void update_from_shares(std::size_t i, Share part, std::span<const Views> shares);
  void update_columns(std::size_t i, std::size_t index);

  std::string_view method_;
  Names arrays_;
  std::vector<Rates> rates_;  // of each group
  std::vector<Parameter> parameters_;
  std::vector<Slot> slots_;
  alignas(64) std::size_t work_ = 0;  // in this step: of all parameters of grain 1
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
