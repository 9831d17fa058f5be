// Counts right digits, and finds the steps of a computation that lose some.
#include <reel/autodiff/inspect/digits.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include <reel/autodiff/core/error.h>

namespace reel {
namespace {

constexpr double worth_telling = 1;

double digits_from(double error, double size) {
  if (error == 0) return Digits::most;
  const double digits = -std::log10(error / size);
  return std::isfinite(digits) ? std::clamp(digits, 0.0, Digits::most) : 0;
}

}  // namespace

Digits digits_of(std::span<const double> tested, std::span<const double> reference) {
  if (tested.size() != reference.size())
    fail_usage("digits", tested.size(), " numbers beside ", reference.size(), '.');
  Digits result;
  std::vector<double> of_elements;
  double error = 0, size = 0;
  for (std::size_t i = 0; i < tested.size(); ++i) {
    const double difference = tested[i] - reference[i];
    error += difference * difference;
    size += reference[i] * reference[i];
    if (tested[i] == 0 && reference[i] == 0) continue;
    of_elements.push_back(digits_from(std::abs(difference), std::abs(reference[i])));
    if (of_elements.back() >= result.worst) continue;
    result.worst = of_elements.back();
    result.worst_element = i;
  }
  result.all = digits_from(std::sqrt(error), std::sqrt(size));
  if (!of_elements.empty()) {
    const auto middle = of_elements.begin() + static_cast<std::ptrdiff_t>(of_elements.size() / 2);
    std::nth_element(of_elements.begin(), middle, of_elements.end());
    result.median = *middle;
  }
  return result;
}

std::string digits_text(double digits) {
  if (digits == Digits::most) return "all";
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << digits;
  return text.str();
}

std::string GradientRecord::Step::place() const {
  return operation.empty() || name.empty() ? concat(name, operation) : concat(name, '.', operation);
}

GradientDigits GradientDigits::between(const GradientRecord& tested,
                                       const GradientRecord& reference,
                                       const GradientRecord& replayed) {
  GradientDigits result;
  const std::size_t count = tested.steps.size();
  std::vector<double> value(count), gradient(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Digits of_gradient = digits_of(tested.steps[i].gradient, reference.steps[i].gradient);
    value[i] = digits_of(tested.steps[i].value, reference.steps[i].value).all;
    gradient[i] = of_gradient.all;
    if (i < tested.inputs) result.gradients.push_back({tested.steps[i].name, of_gradient});
  }
  result.value = value[tested.output];
  const auto tell = [&](const Loss& loss) {
    if (loss.before - loss.after >= worth_telling) result.losses.push_back(loss);
  };
  // the fewest digits among the numbers that a gradient was computed from
  std::vector<double> used_by_rules(count, tested.digits);
  for (std::size_t i = tested.inputs; i < count; ++i) {
    const GradientRecord::Step& step = tested.steps[i];
    double used = tested.digits;
    for (const std::size_t j : step.from) used = std::min(used, value[j]);
    tell({step.place(), "", used, value[i],
          digits_of(replayed.steps[i].value, reference.steps[i].value).all});
    if (step.gradient.empty()) continue;
    for (const std::size_t j : step.from)
      used_by_rules[j] = std::min({used_by_rules[j], used, value[i], gradient[i]});
  }
  for (std::size_t i = count; i-- > 0;)
    if (!replayed.steps[i].gradient.empty())
      tell({tested.steps[replayed.steps[i].rule].place(), tested.steps[i].place(), used_by_rules[i],
            gradient[i], digits_of(replayed.steps[i].gradient, reference.steps[i].gradient).all});
  std::stable_sort(result.losses.begin(), result.losses.end(), [](const Loss& a, const Loss& b) {
    return a.before - a.after > b.before - b.after;
  });
  return result;
}

std::string GradientDigits::Loss::describe() const {
  return concat(place, gradient_of.empty() ? "" : ", gradient of ", gradient_of, " (",
                digits_text(before), " → ", digits_text(after),
                ill_conditioned() ? ", ill-conditioned)" : ", its own error)");
}

std::string GradientDigits::describe() const {
  std::string text = concat("right digits: value ", digits_text(value));
  for (const Gradient& g : gradients) text += concat(", ", g.name, ' ', digits_text(g.digits.all));
  text += losses.empty() ? "; no operation loses a digit" : "; digits are lost at: ";
  for (const Loss& loss : losses)
    text += concat(&loss == losses.data() ? "" : "; ", loss.describe());
  return text + '.';
}

std::ostream& operator<<(std::ostream& out, const GradientDigits& digits) {
  return out << digits.describe();
}

}  // namespace reel
