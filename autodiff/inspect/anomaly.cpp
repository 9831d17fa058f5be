// Anomaly mode: finds values that are not finite and describes the operation that made them.
#include <reel/autodiff/inspect/anomaly.h>

#include <algorithm>
#include <cmath>

namespace reel::inline REEL_PRECISION {
namespace {

struct Range {
  explicit Range(const Tensor& x) {
    for (const Real v : x) {
      if (std::isnan(v)) {
        ++nans;
      } else if (std::isinf(v)) {
        ++infinities;
      } else {
        low = finite++ ? std::min(low, v) : v;
        high = finite > 1 ? std::max(high, v) : v;
      }
    }
  }
  bool all_finite() const { return nans == 0 && infinities == 0; }

  Real low = 0, high = 0;
  std::size_t finite = 0, nans = 0, infinities = 0;
};

// "(3,4) in [-1.5, 2], 2 NaN"
std::string describe(const Tensor& x) {
  const Range range(x);
  std::string text = to_string(x.shape());
  if (range.finite) text += concat(" in [", range.low, ", ", range.high, ']');
  if (range.nans) text += concat(", ", range.nans, " NaN");
  if (range.infinities) text += concat(", ", range.infinities, " infinite");
  return text;
}

std::string describe_inputs(const OperationEvent& event) {
  std::string text;
  for (std::size_t i = 0; i < event.input_count; ++i) {
    const SharedTensor& input = event.input(i);
    const std::string name = input.name();
    text += concat(text.empty() ? "" : "; ", "input ", i, ' ',
                   name.empty() ? "" : concat('"', name, "\" "), describe(*input));
  }
  return text;
}

template <class... Parts>
[[noreturn]] void stop(const OperationEvent& event, const Parts&... parts) {
  fail(Error::Kind::diverged, event.operation,
       event.scope.empty() ? "" : concat("at \"", event.scope, "\": "), parts..., ". ",
       describe_inputs(event), '.');
}

}  // namespace

void AnomalyMode::computed(const OperationEvent& event) {
  if (!Range(*event.value).all_finite())
    stop(event, "forward, the value is not finite: ", describe(*event.value));
}

void AnomalyMode::rule_ended(const BackwardEvent& event) {
  for (std::size_t i = 0; i < event.input_count; ++i)
    if (const Tensor* made = event.gradient_by(i); made && !Range(*made).all_finite())
      stop(event, "backward, the gradient by input ", i, " is not finite: ", describe(*made),
           ", from a gradient by the value ", describe(event.gradient));
}

}  // namespace reel::inline REEL_PRECISION
