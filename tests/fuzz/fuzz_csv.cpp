// CSV files: arbitrary texts, read with several options.
#include <reel/data/csv.h>

#include <cmath>

#include "fuzz.h"

using namespace reel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = fuzz::file_with(fuzz::text_of({data, size}));
  for (const data::CsvOptions& options : {data::CsvOptions{},
                                          {.header = false},
                                          {.label = "1", .header = false},
                                          {.targets = {"1"}, .weight = "2", .header = false},
                                          {.label = "a"},
                                          {.separator = ';'}}) {
    data::Dataset set;
    if (!fuzz::reads([&] { set = data::load_csv(path, options); })) continue;
    const data::Batch all = set.all();
    fuzz::require(all.size() == set.size() && set.size() > 0, "a sample on each line");
    for (const Real value : *all.inputs) fuzz::require(std::isfinite(value), "finite numbers");
    fuzz::require((options.label.empty() ? 0 : set.size()) == all.labels.size(),
                  "a label for each");
  }
  return 0;
}
