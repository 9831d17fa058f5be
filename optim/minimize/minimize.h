// minimize: one driver for all methods; it owns the loop, the history and the reasons to stop.
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <reel/optim/minimize/history.h>
#include <reel/optim/minimize/problem.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

enum class Norm { max, l1, l2 };  ///< max |gᵢ|, Σ|gᵢ|, √Σgᵢ²
double norm_of(const Tensor& x, Norm norm);

/// When a search has converged: as soon as one of these holds. 0 turns the last two off.
struct Tolerances {
  /// The gradient's norm is at most this; negative turns it off.
  double gradient = 1e-5;
  Norm norm = Norm::max;
  /// One iteration changed the value by at most this times max(|old|, |new|, 1).
  double value = 0;
  /// One iteration changed θ by at most this times (this + ‖θ‖₂), in ‖·‖₂.
  double step = 0;
};

enum class Status {
  converged,        ///< a tolerance is met
  iteration_limit,  ///< it is not, after as many iterations as were allowed
  diverged,         ///< a value or a gradient is not finite
  stalled,          ///< the method finds no better point, and no tolerance is met
  stopped,          ///< `Options::stop` said so
  failed,           ///< the objective threw an exception, see `Result::error`
};
const char* to_string(Status status);

/// Where a search stands, after an iteration.
struct Iteration {
  std::size_t number;  ///< from 1
  const Point& point;
  const Evaluations& evaluations;
};

/// What a search may be told; an empty limit or tolerance is the method's own.
struct MinimizeOptions {
  std::optional<std::size_t> iterations = {};  ///< at most
  std::optional<double> gradient_tolerance = {};
  std::optional<Norm> gradient_norm = {};
  std::optional<double> value_tolerance = {};
  std::optional<double> step_tolerance = {};
  bool keep_points = true;  ///< in the history; without, it needs memory for the best one alone
  std::function<void(const Iteration&)> on_iteration = {};
  std::function<bool()> stop = {};  ///< asked after each iteration; true ends the search
};

/// The iterations of a method, in one run. Its own state (a direction, a matrix) lives in it.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  /// The start, evaluated: with the gradient if it is asked for.
  virtual Point begin(Problem& problem, const Tensor& start, bool gradient) {
    return problem.at(start, gradient);
  }
  /// Replaces `at` by the next point; false, with `at` as it was, if none is found. Where
  /// `Method::gradients` is set, `at` comes with its gradient and is to be left with one.
  virtual bool advance(Problem& problem, Point& at, History& history) = 0;

  struct Ending {
    Status status = Status::stalled;
    std::string message = "no better point";
  };
  /// What the search ends with after `advance` returned false.
  virtual Ending ending() const { return {}; }
};

/// What `minimize` is told to do; made by `gradient_descent({.step = 0.1})` and its like, and used
/// as often as one wants.
struct Method {
  std::string name;
  std::function<std::unique_ptr<Algorithm>()> make;
  Tolerances tolerances = {};
  bool gradients = true;            ///< whether its points need gradients
  std::size_t iterations = 10'000;  ///< at most, unless the options say otherwise
  /// Whether `advance` adds the points it passed to the history by itself.
  bool adds_points = false;
  /// Whether it needs residuals, so that only minimize_least_squares will do.
  bool residuals = false;
};

struct Result {
  /// The last point whose value is finite; the start if there is none. `history` has the best.
  Tensor theta;
  double value;
  double gradient_norm;  ///< in the tolerances' norm; NaN for methods that use no gradients
  Status status;
  std::string message;  ///< the status in words, with the numbers that decided it
  std::size_t iterations = 0;
  Evaluations evaluations = {};
  History history = History();
  std::exception_ptr error = {};  ///< what the objective threw

  bool converged() const noexcept { return status == Status::converged; }
};

/// Minimises f from `start`, a tensor of any shape. An objective that throws at the start, that
/// is not one number or does not depend on θ is reported by its own Error; one that throws later
/// ends the search with Status::failed. Nothing of the history is lost.
Result minimize(const Objective& f, const Tensor& start, const Method& method,
                const MinimizeOptions& options = {});
/// Minimises a loss by the parameters it uses, which are left at the result's θ: all their values
/// in one vector.
Result minimize(const std::function<Var()>& loss, const std::vector<Parameter>& parameters,
                const Method& method, const MinimizeOptions& options = {});
/// Minimises ½‖r(θ)‖² for residuals r of any shape.
Result minimize_least_squares(const Objective& residuals, const Tensor& start, const Method& method,
                              const MinimizeOptions& options = {});

namespace detail {

/// One run of a method: from `start`, which it tracks first, until a reason to stop. The history
/// and the problem's counts go on from where they are.
struct Descent {
  Point at;  ///< the last point whose value is finite
  Status status;
  std::string message;
  std::size_t iterations;
  std::exception_ptr error;
};
Descent descend(Problem& problem, const Tensor& start, const Method& method,
                const MinimizeOptions& options, History& history);

}  // namespace detail
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
