// L-BFGS as an optimiser: several evaluations of one batch, or of all data, in each step.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include <reel/autodiff/engine/var.h>
#include <reel/optim/curvature_pairs.h>
#include <reel/optim/state.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

struct LbfgsOptions {
  double lr = 1;                     ///< t below; where a search begins
  std::size_t iterations = 20;       ///< in a step
  std::size_t evaluations = 0;       ///< no iteration begins after; 0: iterations·5/4
  double gradient_tolerance = 1e-7;  ///< on max |gᵢ|
  double change_tolerance = 1e-9;    ///< on max |Δpᵢ|, on the change of the loss, and on |g·d|
  std::size_t history = 100;         ///< pairs that are remembered
  bool strong_wolfe = false;         ///< search along each direction, by up to 26 evaluations
};

/// p += t·d, d = −B·g with the B that BFGS makes of the last iterations; t is lr, in the first of
/// all lr·min(1, 1/Σ|gᵢ|). Liu and Nocedal, Mathematical Programming 45, 1989; tolerances, limits
/// and line search as PyTorch 1.13 has them, for models and batches. For an objective by itself,
/// with SciPy's tolerances, see `minimize`.
///
/// It is no Optimizer, as its step must be able to evaluate: no groups, no penalties but those in
/// the loss.
class Lbfgs : public Stateful {
 public:
  /// Computes the loss and, by a backward pass, its gradients.
  using Evaluate = std::function<double()>;

  /// Throws Error for no parameters, for one that is uninitialised or given twice, and for options
  /// that make no sense.
  explicit Lbfgs(std::vector<Parameter> parameters, const LbfgsOptions& options = {});

  /// Returns the loss before the step. Gradients are emptied before each evaluation and at the end.
  /// Without a search, the place after the last iteration is not evaluated.
  ///
  /// Throws Error if no parameter gets a gradient, if one was resized, and, with Kind::diverged, if
  /// the loss or the gradient is not finite; a search shortens the step instead. When it, or
  /// `evaluate`, throws, the parameters are those of the last place that was accepted, from which
  /// another step can go on.
  double step(const Evaluate& evaluate);

  double lr() const noexcept { return options_.lr; }
  /// Throws Error unless it is finite and not negative.
  void set_lr(double lr);
  /// In all steps so far.
  std::size_t evaluations() const noexcept { return evaluations_; }
  std::size_t iterations() const noexcept { return iterations_; }

  /// The pairs, the last direction, its length and gradient, the counts and the rate.
  State state() const override;
  void set_state(const State& state) override;

 private:
  struct Place {
    double loss = 0;
    Tensor gradient;  // flat, like all tensors here
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
  // Of the last iteration, from whose gradient d·length led on; length 0: it led nowhere.
  Tensor direction_, gradient_;
  double length_ = 0;
  std::size_t evaluations_ = 0, iterations_ = 0;
};

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
