// The training loop.
#include <reel/train/fit.h>

#include <chrono>
#include <cmath>

#include <reel/autodiff/tape.h>
#include <reel/nn/losses.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// Seconds on a clock that can be held.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

bool finite(const std::optional<Evaluation>& evaluation) {
  return !evaluation || std::isfinite(evaluation->loss);
}

// Trains one epoch into `report`.
FitStatus run_epoch(nn::Module& model, optim::Optimizer& optimizer, const data::Batches& batches,
                    const FitOptions& options, EpochReport& report) {
  const Stopwatch watch;
  double loss_sum = 0;
  std::size_t count = 0;
  const auto default_loss = [&](const Var& output, const data::Batch& batch) {
    const std::size_t classes = batches.dataset().classes();
    if (output.value().dimension() != 2 || output.shape()[1] != classes)
      fail_usage("fit", "the model's output is ", to_string(output.shape()), ", the data set has ",
                 classes, " classes.");
    return nn::cross_entropy(output, batch.labels);
  };
  for (const data::Batch& batch : batches) {
    double loss = 0;
    {
      Tape tape;
      const Var output = model(batch.images);
      const Var mean = options.loss ? options.loss(output, batch) : default_loss(output, batch);
      loss = mean.item();
      if (!std::isfinite(loss)) return FitStatus::diverged;
      tape.backward(mean);
    }
    optimizer.step();
    loss_sum += loss * static_cast<double>(batch.size());
    report.samples += batch.size();
    if (options.on_batch)
      options.on_batch(
          {report.epoch, ++count, batches.count(), report.samples, watch.seconds(), loss});
    if (options.stop && options.stop()) return FitStatus::stopped;
  }
  report.seconds = watch.seconds();
  report.train_loss = loss_sum / static_cast<double>(report.samples);
  return FitStatus::finished;
}

}  // namespace

FitResult fit(nn::Module& model, optim::Optimizer& optimizer, const data::Dataset& dataset,
              Rng& rng, const FitOptions& options) {
  if (options.epochs == 0) fail_usage("fit", "0 epochs would train nothing.");
  FitResult result;
  model.train();
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport report{.epoch = epoch};
    const auto batches =
        data::batches(dataset, {.size = options.batch, .drop_last = options.drop_last}, rng);
    result.status = run_epoch(model, optimizer, batches, options, report);
    if (result.status != FitStatus::finished) return result;
    if (options.validation) report.validation = evaluate(model, *options.validation);
    if (options.test) report.test = evaluate(model, *options.test);
    if (!finite(report.validation) || !finite(report.test)) {
      result.status = FitStatus::diverged;
      return result;
    }
    result.epochs.push_back(std::move(report));
    if (options.on_epoch) options.on_epoch(result.epochs.back());
  }
  return result;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
