// L-BFGS as an optimiser: each step evaluates one batch, or all data, several times.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/autodiff/engine/var.h>
#include <reel/optim/curvature_pairs.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// The options of Lbfgs.
struct LbfgsOptions {
  double lr = 1;                     ///< t below; the first length that a search tries
  std::size_t iterations = 20;       ///< the most iterations in a step
  std::size_t evaluations = 0;       ///< no iteration begins after this many; 0: iterations·5/4
  double gradient_tolerance = 1e-7;  ///< on max |gᵢ|
  double change_tolerance = 1e-9;    ///< on max |Δpᵢ|, on the change of the loss, and on |g·d|
  std::size_t history = 100;         ///< the number of pairs that are stored
  bool strong_wolfe = false;         ///< search along each direction, with up to 26 evaluations
};

/// p += t·d with d = −B·g, where BFGS makes B from the last iterations. t is lr; in the very first
/// iteration it is lr·min(1, 1/Σ|gᵢ|). Liu and Nocedal, Mathematical Programming 45, 1989;
/// tolerances, limits and line search as in PyTorch 1.13, for models and batches. To minimise an
/// objective, with SciPy's tolerances, see `minimize`.
///
/// This class is not an Optimizer, because its step must evaluate the loss: it has no groups, and
/// the only penalties are those in the loss.
class Lbfgs : public Stateful {
 public:
  /// Computes the loss and, by a backward pass, its gradients.
  using Evaluate = std::function<double()>;

  /// Throws Error for no parameters, for one that is uninitialised or given twice, and for options
  /// that make no sense.
  explicit Lbfgs(std::vector<Parameter> parameters, const LbfgsOptions& options = {});

  /// Returns the loss before the step. Gradients are cleared before each evaluation and at the end.
  /// Without a search, the place after the last iteration is not evaluated.
  ///
  /// Throws Error if no parameter gets a gradient or if one was resized, and, with Kind::diverged,
  /// if the loss or the gradient is not finite; a search instead shortens the step. If it or
  /// `evaluate` throws, the parameters keep the values of the last accepted place, and you can step
  /// again from there.
  double step(const Evaluate& evaluate);

  /// The learning rate.
  double lr() const noexcept { return options_.lr; }
  /// Throws Error unless lr is finite and not negative.
  void set_lr(double lr);
  /// The number of evaluations in all steps so far.
  std::size_t evaluations() const noexcept { return evaluations_; }
  /// The number of iterations so far, in all steps.
  std::size_t iterations() const noexcept { return iterations_; }

  /// The pairs, the last direction, its length and gradient, the counts and the rate.
  State state() const override;
  void set_state(const State& state) override;

 private:
  struct Place {
    double loss = 0;
    Tensor gradient;  // flattened, like all tensors here
  };

  void check_shapes() const;
  Place evaluate_at(const Evaluate& evaluate, const Tensor& p);
  double iterate(const Evaluate& evaluate, Tensor& p);
  Place go(const Evaluate& evaluate, const Tensor& p);
  Place search(const Evaluate& evaluate, const Tensor& p, const Place& from, double slope,
               double& t);
  void update_direction(const Tensor& gradient);

  std::vector<Parameter> parameters_;
  std::vector<Shape> shapes_;
  LbfgsOptions options_;
  CurvaturePairs pairs_;
  // The last iteration moved by direction·length from where the gradient was `gradient_`; length 0:
  // it did not move.
  Tensor direction_, gradient_;
  double length_ = 0;
  std::size_t evaluations_ = 0, iterations_ = 0;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
