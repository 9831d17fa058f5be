// The labels of a data set.
#pragma once

#include <cstddef>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {

inline std::vector<Label> labels_of(const data::Dataset& set) {
  std::vector<Label> labels;
  for (std::size_t i = 0; i < set.size(); ++i) labels.push_back(set.label(i));
  return labels;
}

}  // namespace reel::inline REEL_PRECISION
