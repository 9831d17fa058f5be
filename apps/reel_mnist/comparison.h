// What several settings gave, each with the same seeds: tests of their differences, and how they
// are printed and drawn.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <reel/plot/plot.h>

#include "commands.h"
#include "repetition.h"

namespace reel::mnist {

/// One of the settings, and its results by seed.
struct Contestant {
  std::string value;
  TrainOptions options;
  std::vector<Repetition> results = {};

  std::size_t diverged() const { return count_diverged(results); }  ///< how many of its runs
};

struct Variation {
  std::string name;  ///< of the option that varies
  std::vector<Contestant> contestants;
};

/// Whether no contestant is left to compare.
bool all_diverged(const Variation& variation);

/// The tests of a pair of contestants, of the first minus the second, with corrected p.
struct Pair {
  std::size_t first, second;
  apps::PairedTest accuracy, cost;
};

/// The pairs (0, 1), (0, 2), … of the contestants that diverged with no seed. The seeds with which
/// a setting did not diverge are chosen by the result, so their mean says nothing of the setting.
std::vector<Pair> pairs_of(const std::vector<Contestant>& all);

/// The cost of each contestant by epoch, as far as all its seeds came.
plot::Picture picture(const Variation& variation, const std::string& title);

void print_json(const Variation& variation, const std::vector<Pair>& pairs, bool complete);
void print_text(const Variation& variation, const std::vector<Pair>& pairs, std::size_t width);

}  // namespace reel::mnist
