// The things that are checked: a program, the lines along which its inputs move, and its gradients
// as further programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/rule.h>
#include <reel/autodiff/inspect/check.h>
#include <reel/autodiff/inspect/check/numeric.h>

namespace reel::inline REEL_PRECISION {
namespace detail {

/// A way to move the inputs: it moves the elements begin … end − 1, numbered over all inputs.
struct Line {
  std::size_t begin, end;
  std::vector<Tensor> direction;  ///< 0 at the other elements
  double step;
  int levels = Differences::usual_levels;  ///< how many steps, each an eighth of the one before
};

/// The inputs of a program.
class Point {
 public:
  explicit Point(const std::vector<Tensor>& inputs);

  const std::vector<Tensor>& inputs() const noexcept { return inputs_; }
  /// The number of elements in all inputs.
  std::size_t size() const noexcept { return starts_.back(); }

  struct Place {
    std::size_t input, element;
  };
  Place place(std::size_t e) const;

  /// The line that moves one element. The first step is relative to the element, or to 1 if that is
  /// larger; the last one is small beside the element, which may be near a pole at 0.
  Line line(std::size_t e, double step) const;
  /// The line that moves several elements; each weight is relative to its element.
  Line line(std::size_t begin, std::size_t end, const std::vector<double>& weights,
            double step) const;

  std::vector<Tensor> on(const Line& line, double t) const;

 private:
  std::vector<Tensor> inputs_;
  std::vector<std::size_t> starts_{0};  // the number of the first element of each input
};

/// The function that is followed along a line: the value of a program, of shape `shape`, or
/// u·value.
struct Subject {
  Program program;
  Shape shape;
  std::optional<Tensor> u = {};
};

/// The subject's values at t; NaN if it is not defined there or has another shape.
Values values_on(const Subject& subject, const Point& point, const Line& line, double t);

/// The derivative along a line, from the gradients with respect to the inputs.
Analytic along(const Line& line, const std::vector<Var>& gradients);

/// A number of either sign and of size ½ to 3/2, so that all entries have a similar weight.
double random_weight(Rng& rng);
Tensor random_weights(const Shape& shape, Rng& rng);

/// While gradients were computed: which operation's rule recorded which node. Nodes that no rule
/// recorded, such as all of f's, have no maker.
struct Origins {
  static constexpr std::uint32_t none = Input::constant;
  std::vector<std::uint32_t> makers;  ///< for each node, the node whose rule made it; or none

  std::uint32_t maker(std::size_t node) const { return node < makers.size() ? makers[node] : none; }
};

/// x ↦ Σ vᵢ·∂(u·f)/∂xᵢ with u and v drawn from `random`. The gradient of this function contains
/// every second derivative of f. If `origins` is not null, each run adds its nodes there, and a
/// gradient that a rule gives as a constant becomes a variable, so that it has a node.
Program projected_gradient(const Program& f, const Rng& random, Origins* origins = nullptr);

}  // namespace detail
}  // namespace reel::inline REEL_PRECISION
