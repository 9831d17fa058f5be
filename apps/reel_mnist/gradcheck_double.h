// The parts of `reel-mnist gradcheck` that are in double, for a program whose network is in float.
// They take and return numbers and text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <reel/autodiff/inspect/digits.h>

namespace reel::mnist {

struct GradcheckJob {
  std::vector<std::size_t> layers = {};
  std::string activation = {};
  bool batch_norm = false;
  double dropout = 0;
  std::vector<std::vector<double>> parameters = {};  ///< of the network, in order
  std::vector<double> images = {};                   ///< (labels.size(), layers.front())
  std::vector<std::int32_t> labels = {};
  std::uint64_t seed = 1;
  int order = 2;      ///< 1: gradients; 2: gradients of gradients as well
  bool full = false;  ///< check each parameter separately, not random projections
};

struct GradcheckResult {
  bool ok = false;
  std::string report;  ///< one line
  std::size_t entries = 0;
  double worst = 0;  ///< the largest difference, in multiples of the tolerance
};

/// Checks the gradients of the mean cross-entropy with respect to all parameters.
GradcheckResult check_in_double(const GradcheckJob& job);

/// The first step of a training in float.
struct FloatStep {
  GradientRecord gradients = {};
  std::string optimizer = {};
  double lr = 0;
  std::vector<std::vector<double>> parameters = {};  ///< of the network after the step, in order
};

struct DigitsResult {
  GradientDigits gradients;
  std::vector<Digits> parameters;  ///< after the step
};

/// Repeats a step in double. It needs no `job.parameters`.
DigitsResult digits_in_double(const GradcheckJob& job, const FloatStep& step);

}  // namespace reel::mnist
