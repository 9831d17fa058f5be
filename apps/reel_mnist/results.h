// The results of a run: the files that it writes, and the last lines that it prints.
#pragma once

#include <cstddef>
#include <new>
#include <optional>
#include <string>

#include <reel/autodiff/core/error.h>
#include <reel/train/evaluate.h>
#include <reel/train/fit.h>

#include "training.h"

namespace reel::mnist {

class RunReport;

/// How a run ended.
struct Outcome {
  train::FitStatus status = train::FitStatus::stopped;
  std::optional<Error> failure;  ///< of the training, or of writing its results
  std::size_t batches = 0;       ///< on which it has trained
  std::size_t epochs = 0;        ///< that are finished, since the start of the run
  double seconds = 0;            ///< of training, in this session
  double samples = 0;            ///< in these seconds

  bool complete() const { return status != train::FitStatus::stopped; }
  /// Keeps the kind of the first failure, and the messages of all.
  void fail(const Error& error) {
    if (!failure)
      failure = error;
    else if (std::string_view(failure->what()).find(error.what()) == std::string_view::npos)
      failure = Error(failure->kind(), concat(failure->what(), ' ', error.what()));
  }
  /// Calls `step`; what it throws becomes a failure.
  template <class Step>
  void attempt(Step&& step,
               const Error& out_of_memory = {Error::Kind::failure, "[train] out of memory."}) {
    try {
      step();
    } catch (const Error& error) {
      fail(error);
    } catch (const std::bad_alloc&) {
      fail(out_of_memory);
    }
  }
};

/// The paths of the written files; empty if there are none.
struct Written {
  std::string weights, picture, page;
};

/// Writes the network to `path`, or if that fails to another place. Returns the path of the file,
/// empty if there is none; the outcome gets the failure.
std::string write_weights(const nn::Module& model, const Architecture& architecture,
                          const std::string& path, Outcome& outcome);

/// Writes the files of --save, --plot and --report; tries each, even if another fails.
/// `report` is null without --report.
Written write(const Training& training, Outcome& outcome, const RunReport* report);

/// If a network has learnt nothing, prints what may be wrong: with `json` on the standard error.
void print_hint(double accuracy, std::size_t classes, double lr, bool json);

/// Prints how the run ended, and the evaluation of the network on the test images.
void print(const Training& training, const Outcome& outcome, const train::Evaluation& test,
           const Written& written);

}  // namespace reel::mnist
