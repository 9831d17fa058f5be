// The report of a training run, as a page.
#pragma once

#include <reel/report/report.h>

#include "results.h"
#include "training.h"

namespace reel::mnist {

/// What is known of the run, its network and the test images.
report::Report run_report(const Training& training, const Outcome& outcome);

}  // namespace reel::mnist
