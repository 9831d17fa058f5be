// minimize: the driver of all methods; it has the loop, the history and the stopping conditions.
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

/// A norm of a vector.
enum class Norm { max, l1, l2 };  ///< max |gᵢ|, Σ|gᵢ|, √Σgᵢ²
/// The norm of all elements of x.
double norm_of(const Tensor& x, Norm norm);

/// A search has converged when one of these conditions holds. 0 turns the last two off.
struct Tolerances {
  /// The norm of the gradient is at most this; a negative number turns it off.
  double gradient = 1e-5;
  Norm norm = Norm::max;  ///< of the gradient
  /// One iteration changed the value by at most this · max(|old|, |new|, 1).
  double value = 0;
  /// One iteration changed θ by at most this · (this + ‖θ‖₂), in ‖·‖₂.
  double step = 0;
};

/// How a search ended.
enum class Status {
  converged,        ///< a tolerance is met
  iteration_limit,  ///< no tolerance is met after the allowed number of iterations
  diverged,         ///< a value or a gradient is not finite
  stalled,          ///< the method finds no better point, but no tolerance is met
  stopped,          ///< `MinimizeOptions::stop` returned true
  failed,           ///< the objective threw an exception, see `Result::error`
};
/// The status in words.
const char* to_string(Status status);

/// The state of a search after an iteration.
struct Iteration {
  std::size_t number;              ///< from 1
  const Point& point;              ///< where the search is
  const Evaluations& evaluations;  ///< made so far
};

/// The options of a search; an empty limit or tolerance means the method's own.
struct MinimizeOptions {
  std::optional<std::size_t> iterations = {};     ///< the most iterations
  std::optional<double> gradient_tolerance = {};  ///< see Tolerances::gradient
  std::optional<Norm> gradient_norm = {};         ///< see Tolerances::norm
  std::optional<double> value_tolerance = {};     ///< see Tolerances::value
  std::optional<double> step_tolerance = {};      ///< see Tolerances::step
  /// Whether the history stores each θ; empty: as long as all of them take at most 8 MiB.
  std::optional<bool> keep_points = {};
  std::function<void(const Iteration&)> on_iteration = {};  ///< called after each iteration
  std::function<bool()> stop = {};  ///< called after each iteration; true ends the search
};

/// One run of a method. It holds the method's own state, such as a direction or a matrix.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  /// Evaluates the start, with its gradient if `gradient` is true.
  virtual Point begin(Problem& problem, const Tensor& start, bool gradient) {
    return problem.at(start, gradient);
  }
  /// Replaces `at` by the next point. If it finds none, returns false and leaves `at` unchanged. If
  /// `Method::gradients` is true, `at` has its gradient before the call, and must have it after.
  virtual bool advance(Problem& problem, Point& at, History& history) = 0;

  /// The end of a search that found no better point.
  struct Ending {
    Status status = Status::stalled;          ///< its status
    std::string message = "no better point";  ///< the reason in words
  };
  /// How the search ends if `advance` returned false.
  virtual Ending ending() const { return {}; }
};

/// The method that `minimize` is to use. `gradient_descent({.step = 0.1})` and similar functions
/// make one; it can be used several times.
struct Method {
  std::string name;                                  ///< for messages
  std::function<std::unique_ptr<Algorithm>()> make;  ///< begins a run
  Tolerances tolerances = {};                        ///< unless the options set others
  bool gradients = true;                             ///< whether its points need gradients
  std::size_t iterations = 10'000;  ///< the most iterations, unless the options set a number
  /// Whether `advance` itself adds the points that it passes to the history.
  bool adds_points = false;
  /// Whether it needs residuals; then only minimize_least_squares accepts it.
  bool residuals = false;
};

/// The result of a search.
struct Result {
  /// The last point with a finite value; the start if there is none. For the best, see `history`.
  Tensor theta;
  double value;                  ///< at θ
  double gradient_norm;          ///< in the tolerances' norm; NaN for methods that use no gradients
  Status status;                 ///< how the search ended
  std::string message;           ///< the status in words, with the numbers that decided it
  std::size_t iterations = 0;    ///< how many were made
  Evaluations evaluations = {};  ///< made in the whole search
  History history = History();   ///< all points, and the best one
  std::exception_ptr error = {};  ///< the exception that the objective threw

  /// Whether a tolerance was met.
  bool converged() const noexcept { return status == Status::converged; }
};

/// Minimises f from `start`, a tensor of any shape. If the objective throws at the start, is not
/// one number, or does not depend on θ, minimize throws that Error. If the objective throws later,
/// the search ends with Status::failed, and the result has the full history.
Result minimize(const Objective& f, const Tensor& start, const Method& method,
                const MinimizeOptions& options = {});
/// Minimises a loss with respect to the parameters that it uses. Afterwards the parameters have the
/// values of the result's θ, which is one vector of all their elements.
Result minimize(const std::function<Var()>& loss, const std::vector<Parameter>& parameters,
                const Method& method, const MinimizeOptions& options = {});
/// Minimises ½‖r(θ)‖² for residuals r of any shape.
Result minimize_least_squares(const Objective& residuals, const Tensor& start, const Method& method,
                              const MinimizeOptions& options = {});

namespace detail {

/// One run of a method from `start`, the first point that it tracks, until a stopping condition
/// holds. It adds to the existing history and to the counts of the problem.
struct Descent {
  Point at;             ///< the last point with a finite value
  Status status;        ///< how the search ended
  std::string message;  ///< the status in words, with the numbers that decided it
  std::size_t iterations;
  std::exception_ptr error;
};
Descent descend(Problem& problem, const Tensor& start, const Method& method,
                const MinimizeOptions& options, History& history);

}  // namespace detail
}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
