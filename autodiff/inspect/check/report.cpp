// Writes the report of a check in words.
#include <ostream>

#include <reel/autodiff/inspect/check.h>

namespace reel::inline REEL_PRECISION {
namespace {

std::string at(const Shape& index) { return index.empty() ? "" : to_string(index); }

// x1(2,3), or "1.weight"(2,3)
std::string variable(const CheckReport& r) {
  return (r.name.empty() ? concat('x', r.input) : concat('"', r.name, '"')) + at(r.index);
}

std::string derivative(const CheckReport& r) {
  const std::string f = r.order > 1   ? "(v·∇f)"
                        : r.projected ? "(u·f)"
                                      : concat("f", at(r.output_index));
  if (r.width == 1) return concat("∂", f, "/∂", variable(r));
  return concat("the derivative of ", f, " along ", r.width, " elements from ", variable(r), " on");
}

std::string counts(const CheckReport& r) {
  std::string text =
      concat(r.entries, r.entries == 1 ? " derivative" : " derivatives", " compared");
  if (r.kinks) text += concat(", ", r.kinks, " at kinks");
  if (r.skipped) text += concat(", ", r.skipped, " skipped at kinks");
  if (r.unjudged) text += concat(", ", r.unjudged, " cannot be judged: ", r.doubt);
  return text + '.';
}

}  // namespace

std::string CheckReport::describe() const {
  if (!problem.empty()) return problem + '.';
  if (ok) return concat("right within ", excess, " of the allowed difference; ", counts(*this));
  std::string text =
      concat("order ", order, ": ", derivative(*this), " is ", analytic, ", numerically ", numeric,
             " (", sweep == Sweep::fused ? "fused" : "recorded", " sweep, step ", step,
             "): ", excess, " times the allowed difference. ");
  if (!fault.empty()) text += concat("At fault: ", fault, ". ");
  return text + counts(*this);
}

std::ostream& operator<<(std::ostream& out, const CheckReport& report) {
  return out << report.describe();
}

}  // namespace reel::inline REEL_PRECISION
