// What is checked: a program, the lines along which its inputs are moved, and its gradients as
// programs of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/inspect/check/numeric.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

/// A way to move the inputs: the elements begin … end − 1, counted over all of them.
struct Line {
  std::size_t begin, end;
  std::vector<Tensor> direction;  ///< 0 at the other elements
  double step;
};

/// The inputs of a program.
class Point {
 public:
  explicit Point(const std::vector<Tensor>& inputs);

  const std::vector<Tensor>& inputs() const noexcept { return inputs_; }
  /// The count of their elements.
  std::size_t size() const noexcept { return starts_.back(); }

  struct Place {
    std::size_t input, element;
  };
  Place place(std::size_t e) const;

  /// The line of one element, at a step relative to it.
  Line line(std::size_t e, double step) const;
  /// The line of several, at weights relative to each.
  Line line(std::size_t begin, std::size_t end, const std::vector<double>& weights,
            double step) const;

  std::vector<Tensor> on(const Line& line, double t) const;

 private:
  std::vector<Tensor> inputs_;
  std::vector<std::size_t> starts_{0};  // of each input, in the count over all
};

/// What is followed along a line: the value of a program, of shape `shape`, or u·value.
struct Subject {
  Program program;
  Shape shape;
  std::optional<Tensor> u = {};
};

/// The subject's values at t; NaN where it is not defined, or has another shape.
Values values_on(const Subject& subject, const Point& point, const Line& line, double t);

/// The derivative along a line of what has these gradients by its inputs.
Analytic along(const Line& line, const std::vector<Var>& gradients);

/// Of either sign and of size ½ to 3/2, so that no entry counts for much less than another.
double random_weight(Rng& rng);
Tensor random_weights(const Shape& shape, Rng& rng);

/// Which operation's rule recorded which, while a gradient was computed.
struct Origins {
  std::size_t first = 0;             ///< the first node that a rule recorded
  std::vector<std::uint32_t> nodes;  ///< for each node from there, that of the rule's operation
};

/// x ↦ Σ vᵢ·∂(u·f)/∂xᵢ with u and v from `random`: its gradient has every second derivative of f in
/// it. Fills in `origins`, if there are any, each time it is run.
Program projected_gradient(const Program& f, const Rng& random, Origins* origins = nullptr);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
