// The gradient checker.
#include <reel/autodiff/inspect/check.h>

#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <reel/autodiff/engine/grad.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check/fault.h>
#include <reel/autodiff/inspect/check/numeric.h>
#include <reel/autodiff/inspect/check/program.h>

namespace reel::inline REEL_PRECISION {
namespace detail {
namespace {

Shape index_of(const Shape& shape, std::size_t element) {
  Shape index = shape;
  for (std::size_t axis = shape.size(); axis-- > 0; element /= shape[axis])
    index[axis] = element % shape[axis];
  return index;
}

class Checker {
 public:
  Checker(const Program& f, const std::vector<Tensor>& inputs, const CheckOptions& options)
      : options_(options), point_(inputs), subjects_{{f, {}}} {}

  CheckReport run();

 private:
  using Gradients = std::array<std::vector<Var>, 2>;  // by sweep, by input
  using BothSweeps = std::array<Analytic, 2>;

  std::string problem();
  void check_orders();
  void check_entries(const Subject& f);
  void check_direction(Subject f);
  void check_range(const Subject& f, const Gradients& g, std::size_t begin, std::size_t end);
  bool check_beside();
  void settle(const Line& line, const Tensor& seed, std::size_t k, const Comparison& found);

  Gradients gradients(const Subject& f, const Tensor& seed) const;
  Differences differences(const Subject& f, const Line& line) const;
  Comparison compare_both(Differences& d, std::size_t k, const BothSweeps& analytic) const;
  bool at_lower_kink(const Line& line) const;
  Fault fault(const Line& line, const Tensor& seed, const Comparison& found) const;

  Rng random(std::size_t order) const { return Rng(options_.seed, projection_).split(order); }
  Tolerance tolerance() const { return {options_.rtol, options_.atol}; }

  const CheckOptions options_;
  const Point point_;
  std::uint64_t projection_ = 0;
  std::vector<Subject> subjects_;  // f and, for each higher order, a projected gradient
  std::vector<double> weights_;    // weights of a random direction
  enum class Beside { unknown, right, impossible } beside_ = Beside::unknown;
  CheckReport report_;
  std::function<Fault()> find_fault_;  // for the worst entry
};

CheckReport Checker::run() {
  report_.problem = problem();
  report_.ok = report_.problem.empty();
  const auto projections = static_cast<std::uint64_t>(options_.fast ? options_.projections : 1);
  while (report_.ok && projection_ < projections) {
    check_orders();
    projection_ += report_.ok;
  }
  if (report_.ok && report_.entries == 0 && report_.unjudged > 0) {
    report_.ok = false;
    report_.problem = "cannot be judged: " + report_.doubt;
  }
  if (find_fault_) {
    Fault fault = find_fault_();
    report_.operation = std::move(fault.operation);
    report_.fault = std::move(fault.description);
  }
  return report_;
}

// The reason why f cannot be checked here; empty if it can.
std::string Checker::problem() {
  Subject& f = subjects_[0];
  const auto value = [&]() -> std::optional<Tensor> {
    Tape tape;
    const Var y = f.program(tape, point_.inputs()).output;
    if (!y) return {};
    return y.value();
  };
  const auto y = value(), again = value();
  if (!y || !again) return "f returns an empty Var";
  f.shape = y->shape();
  for (std::size_t k = 0; k < y->size(); ++k)
    if (const Real bad = y->data()[k]; !std::isfinite(bad))
      return concat("the value at the inputs is not finite: ", std::isnan(bad) ? "NaN" : "infinity",
                    f.shape.empty() ? "" : " at " + to_string(index_of(f.shape, k)));
  if (*y != *again) return "f is not deterministic: two evaluations at the same inputs differ";
  return {};
}

void Checker::check_orders() {
  subjects_.resize(1);
  for (int order = 1; report_.ok && order <= options_.order; ++order) {
    if (order > 1) {
      const Program f = subjects_.back().program;
      subjects_.push_back({projected_gradient(f, random(subjects_.size())), {}});
    }
    if (options_.fast)
      check_direction(subjects_.back());
    else
      check_entries(subjects_.back());
  }
}

void Checker::check_entries(const Subject& f) {
  std::vector<Tensor> seeds;
  std::vector<Gradients> rows;
  for (std::size_t k = 0; k < element_count(f.shape); ++k) {
    seeds.push_back(zeros(f.shape));
    seeds[k].data()[k] = -2;  // not 1: a rule that forgets g would then look right
    rows.push_back(gradients(f, seeds[k]));
  }
  for (std::size_t e = 0; e < point_.size(); ++e) {
    const Line line = point_.line(e, options_.step);
    const Point::Place at = point_.place(e);
    Differences d = differences(f, line);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto entry = [&](std::size_t sweep) -> Analytic {
        const double g = rows[k][sweep][at.input].value().data()[at.element];
        return {g / -2 + 0.0, 0};  // 0 and not −0
      };
      settle(line, seeds[k], k, compare_both(d, k, {entry(0), entry(1)}));
    }
  }
}

// Checks the derivative of u·f along a random line.
void Checker::check_direction(Subject f) {
  Rng rng = random(subjects_.size());
  f.u = random_weights(f.shape, rng);
  weights_.resize(point_.size());
  for (double& w : weights_) w = random_weight(rng);
  if (!weights_.empty()) check_range(f, gradients(f, *f.u), 0, weights_.size());
}

// Checks f at a point beside the inputs, at a distance that no step reaches, so it has no kink
// there unless kinks are dense. The rules are the same there. So if they are right, the derivative
// at the inputs may only be wrong in its choice between the sides of a kink. Returns false if the
// point does not serve.
bool Checker::check_beside() {
  if (beside_ == Beside::unknown) {
    CheckOptions options = options_;
    options.step /= 64;
    options.projections = 1;
    Rng rng = random(0);
    std::vector<Tensor> inputs = point_.inputs();
    for (Tensor& input : inputs)
      for (Real& x : input.storage())
        x += static_cast<Real>((rng.next() % 2 ? 0.25 : -0.25) * options_.step) *
             std::max(Real(1), std::abs(x));
    Checker checker(subjects_[0].program, inputs, options);
    checker.beside_ = Beside::impossible;
    const CheckReport found = checker.run();
    beside_ = found.problem.empty() ? Beside::right : Beside::impossible;
    if (beside_ == Beside::right && !found.ok) report_ = found;
  }
  return beside_ == Beside::right;
}

// The same, but moves only the elements begin … end − 1. If the derivative is wrong, or at a kink,
// which may hide an error, it checks each half of the elements.
void Checker::check_range(const Subject& f, const Gradients& g, std::size_t begin,
                          std::size_t end) {
  const bool one = end - begin == 1;
  const Line line =
      one ? point_.line(begin, options_.step) : point_.line(begin, end, weights_, options_.step);
  Differences d = differences(f, line);
  const Comparison found = compare_both(d, 0, {along(line, g[0]), along(line, g[1])});
  if (one || found.doubt > 0 || (found.ok() && !found.kink)) return settle(line, *f.u, 0, found);
  const bool whole = end - begin == point_.size();
  if (whole && (found.kink || at_lower_kink(line)) && check_beside()) {
    if (report_.ok) settle(line, *f.u, 0, found);
    return;
  }
  const auto excused = [this] { return report_.kinks + report_.skipped + report_.unjudged; };
  const std::size_t middle = begin + (end - begin) / 2, before = excused();
  check_range(f, g, begin, middle);
  if (report_.ok) check_range(f, g, middle, end);
  // If all parts are right, so is the whole, unless a part has a kink or the whole has no
  // derivative.
  if (report_.ok && excused() == before && std::isfinite(found.numeric))
    settle(line, *f.u, 0, found);
}

void Checker::settle(const Line& line, const Tensor& seed, std::size_t k, const Comparison& found) {
  if (!found.ok() && at_lower_kink(line)) return void(++report_.skipped);
  if (found.doubt > 0) {
    if (report_.unjudged++ == 0)
      report_.doubt =
          concat("at order ", subjects_.size(), ", the derivative by element ",
                 point_.place(line.begin).element, " of input ", point_.place(line.begin).input,
                 " is ", found.analytic, ", numerically ", found.numeric, " ± ", found.doubt);
    return;
  }
  ++report_.entries;
  report_.kinks += found.kink;
  if (found.excess < report_.excess) return;
  const Point::Place at = point_.place(line.begin);
  report_.ok = found.ok();
  report_.order = static_cast<int>(subjects_.size());
  report_.sweep = found.sweep;
  report_.input = at.input;
  report_.element = at.element;
  report_.index = index_of(point_.inputs()[at.input].shape(), at.element);
  report_.name = options_.names.empty() ? "" : options_.names[at.input];
  report_.width = line.end - line.begin;
  report_.output = k;
  report_.output_index = index_of(subjects_.back().shape, k);
  report_.projected = options_.fast || report_.order > 1;
  report_.analytic = found.analytic;
  report_.numeric = found.numeric;
  report_.step = found.step;
  report_.excess = found.excess;
  if (!report_.ok) find_fault_ = [=, this] { return fault(line, seed, found); };
}

Checker::Gradients Checker::gradients(const Subject& f, const Tensor& seed) const {
  Tape tape;
  const Computation c = f.program(tape, point_.inputs());
  const Var y = detail::on_tape(c.output);
  return {grad(y, c.inputs, {.seed = seed}),
          grad(y, c.inputs, {.create_graph = true, .seed = seed})};
}

Differences Checker::differences(const Subject& f, const Line& line) const {
  return {[&](double t) { return values_on(f, point_, line, t); }, line.step, line.levels,
          line.step / options_.step};
}

// The comparison for the sweep with the larger error.
Comparison Checker::compare_both(Differences& d, std::size_t k, const BothSweeps& analytic) const {
  Comparison fused = compare(d, k, analytic[0], tolerance()),
             recorded = compare(d, k, analytic[1], tolerance());
  fused.sweep = Sweep::fused;
  recorded.sweep = Sweep::recorded;
  if (fused.doubt > 0 && recorded.doubt == 0 && !recorded.ok()) return recorded;
  if (recorded.doubt > 0 && fused.doubt == 0 && !fused.ok()) return fused;
  return recorded.excess > fused.excess ? recorded : fused;
}

// Whether f, or a gradient of lower order than the checked one, has a kink here: the checked
// gradient jumps there.
bool Checker::at_lower_kink(const Line& line) const {
  for (std::size_t i = 0; i + 1 < subjects_.size(); ++i) {
    Differences d = differences(subjects_[i], line);
    for (std::size_t k = 0; k < element_count(subjects_[i].shape); ++k)
      if (const auto& c = d.central(0);
          d.kink(k, tolerance().of(std::abs(c.derivative[k]), c.largest[k])))
        return true;
  }
  return false;
}

Fault Checker::fault(const Line& line, const Tensor& seed, const Comparison& found) const {
  if (!std::isfinite(found.numeric)) return {"", "f has no finite values beside the inputs"};
  const std::size_t order = subjects_.size();
  Origins origins;
  Program program = [&](Tape& tape, const std::vector<Tensor>& at) {
    origins.makers.clear();
    return subjects_[0].program(tape, at);
  };
  for (std::size_t i = 1; i < order; ++i)
    program = projected_gradient(program, random(i), &origins);
  return find_fault({.program = program,
                     .line = [&](double t) { return point_.on(line, t); },
                     .step = found.step,
                     .seed = seed,
                     .sweep = found.sweep,
                     .origins = &origins});
}

void check_options(const CheckOptions& options, std::size_t inputs) {
  if (options.order < 1) fail_usage("check", "the order is at least 1, not ", options.order, '.');
  if (options.fast && options.projections < 1)
    fail_usage("check", "takes at least 1 projection, not ", options.projections, '.');
  if (!(options.step > 0) || !(options.rtol >= 0) || !(options.atol >= 0))
    fail_usage("check", "takes a step above 0 and tolerances of 0 or more, got step ", options.step,
               ", rtol ", options.rtol, " and atol ", options.atol, '.');
  if (!options.names.empty() && options.names.size() != inputs)
    fail_usage("check", "got ", options.names.size(), " names for ", inputs, " inputs.");
}

}  // namespace

CheckReport check_program(const Program& program, const std::vector<Tensor>& inputs,
                          const CheckOptions& options) {
  check_options(options, inputs.size());
  return Checker(program, inputs, options).run();
}

}  // namespace detail

CheckReport check_gradients(const CheckedFunction& f, const std::vector<Tensor>& inputs,
                            const CheckOptions& options) {
  const auto program = [&](Tape& tape, const std::vector<Tensor>& at) {
    detail::Computation c;
    for (const Tensor& x : at) c.inputs.push_back(tape.variable(x));
    c.output = f(c.inputs);
    return c;
  };
  return detail::check_program(program, inputs, options);
}

}  // namespace reel::inline REEL_PRECISION
