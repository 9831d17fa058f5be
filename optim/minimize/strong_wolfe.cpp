// The line search of Moré and Thuente (ACM TOMS 20, 1994), for the strong Wolfe conditions.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <reel/optim/minimize/line.h>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// The parts of a probe that the interpolation uses.
struct Knot {
  double at, value, slope;
};

Knot knot(const Probe& probe) { return {probe.length, probe.rise, probe.slope}; }

// The minimum of the cubic through two knots, or its turning point of slope zero beyond b; NaN if
// there is none. With z = 3(fₐ − f_b)/(b − a) + fₐ′ + f_b′ and w = ±√(z² − fₐ′f_b′), it is at b −
// (b − a)(f_b′ + w − z)/(f_b′ − fₐ′ + 2w).
double cubic_minimum(const Knot& a, const Knot& b) {
  const double z = 3 * (a.value - b.value) / (b.at - a.at) + a.slope + b.slope;
  const double scale = std::max({std::abs(z), std::abs(a.slope), std::abs(b.slope)});
  const double root = std::pow(z / scale, 2) - a.slope / scale * (b.slope / scale);
  const double w = std::copysign(scale * std::sqrt(root), b.at - a.at);
  return b.at - (b.at - a.at) * (b.slope + w - z) / (b.slope - a.slope + 2 * w);
}

// The minimum of the parabola through a's value and slope and b's value; and through both slopes.
double parabola_minimum(const Knot& a, const Knot& b) {
  const double h = b.at - a.at;
  return a.at + h * a.slope / ((a.value - b.value) / h + a.slope) / 2;
}
double secant_minimum(const Knot& a, const Knot& b) {
  return b.at - b.slope / (b.slope - a.slope) * (b.at - a.at);
}

double closer(double to, double a, double b) { return std::abs(a - to) < std::abs(b - to) ? a : b; }
double farther(double from, double a, double b) {
  return std::abs(a - from) > std::abs(b - from) ? a : b;
}

struct Bounds {
  double least, most;
};

// Section 4 of the paper, with its four cases: the next length, from the lowest knot, the other end
// of the bracket and the newest probe. `bracketed` is the state before that probe.
double next_length(const Knot& low, const Knot& other, const Knot& now, bool bracketed,
                   const Bounds& bounds) {
  if (now.value > low.value) {  // the minimum is between the two
    const double cubic = cubic_minimum(low, now), parabola = parabola_minimum(low, now);
    return std::abs(cubic - low.at) < std::abs(parabola - low.at) ? cubic : (cubic + parabola) / 2;
  }
  if (now.slope * std::copysign(1.0, low.slope) < 0)  // the slope changed its sign: same
    return farther(now.at, cubic_minimum(low, now), secant_minimum(low, now));
  const bool rightwards = now.at > low.at;
  const double limit = rightwards ? bounds.most : bounds.least;
  if (std::abs(now.slope) < std::abs(low.slope)) {  // the slope flattens: the minimum is beyond
    double cubic = cubic_minimum(low, now);
    if (!((cubic - now.at) * (now.at - low.at) > 0)) cubic = limit;
    const double secant = secant_minimum(low, now);
    if (!bracketed) return std::clamp(farther(now.at, cubic, secant), bounds.least, bounds.most);
    const double most = now.at + 0.66 * (other.at - now.at);
    const double next = closer(now.at, cubic, secant);
    return rightwards ? std::min(most, next) : std::max(most, next);
  }
  return bracketed ? cubic_minimum(now, other) : limit;
}

}  // namespace

std::optional<Probe> search_strong_wolfe(Line& line, const LineSearchOptions& options) {
  const double narrow = std::pow(static_cast<double>(std::numeric_limits<Real>::epsilon()), 2. / 3);
  Probe low = line.start();
  Knot other = knot(low);
  bool bracketed = false;
  // Until a probe falls enough and its slope is not negative, the search uses ψ(α) = φ(α) −
  // c₁·α·φ′(0).
  bool auxiliary = true;
  const auto psi = [&](Knot k) {
    const double gradient = options.decrease * line.slope();
    return Knot{k.at, k.value - k.at * gradient, k.slope - gradient};
  };
  double length = std::min(options.first, options.longest);
  Bounds bounds{0, 5 * length};
  double width = options.longest, wider = 2 * width;  // the width of the bracket, now and before
  while (!line.exhausted()) {
    Probe probe = line.at(length);
    Knot now = knot(probe);
    double next = std::numeric_limits<double>::quiet_NaN();
    if (!std::isfinite(probe.rise)) {
      other = now;
      bracketed = true;
    } else {
      const bool falls = line.falls_enough(probe);
      if (falls && (line.flattens(probe) || length >= options.longest)) return probe;
      if (falls && probe.slope >= 0) auxiliary = false;
      Knot lowest = knot(low), end = other;
      if (auxiliary && !falls && now.value <= lowest.value) {
        lowest = psi(lowest);
        end = psi(end);
        now = psi(now);
      }
      next = next_length(lowest, end, now, bracketed, bounds);
      if (now.value > lowest.value) {
        other = knot(probe);
        bracketed = true;
      } else {
        if (now.slope * std::copysign(1.0, lowest.slope) < 0) {
          other = knot(low);
          bracketed = true;
        }
        low = std::move(probe);
      }
    }
    if (bracketed) {
      bounds = {std::min(low.length, other.at), std::max(low.length, other.at)};
      const double now_wide = bounds.most - bounds.least;
      if (now_wide <= narrow * bounds.most) break;
      if (now_wide >= 0.66 * wider || !(next > bounds.least && next < bounds.most))
        next = bounds.least + now_wide / 2;
      wider = width;
      width = now_wide;
    } else {
      const double gone = next - low.length;
      bounds = {next + 1.1 * gone, next + 4 * gone};
      next = std::min(next, options.longest);
    }
    length = next;
  }
  if (low.length == 0 || !line.falls_enough(low)) return std::nullopt;
  return low;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
