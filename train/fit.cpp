// The training loop.
#include <reel/train/fit.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include <reel/autodiff/core/barrier.h>
#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/noise.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/core/workers.h>
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

Var loss_of(const Var& output, const data::Batch& batch, std::size_t classes) {
  if (output.value().dimension() != 2 || output.shape()[1] != classes)
    fail_usage("fit", "the model's output is ", to_string(output.shape()), ", the data set has ",
               classes, " classes.");
  return nn::cross_entropy(output, batch.labels);
}

// The steps of a run. Each worker differentiates its share of a batch on a tape of its own, with
// the share's part of the batch as weight; when all have, each updates its part of the parameters.
// What the model needs of the entire batch it sums as a member of a collective, and what it draws
// depends on the step and the sample, not on the share.
class Steps {
 public:
  Steps(nn::Module& model, optim::Optimizer& optimizer, Workers& workers, const FitOptions& options)
      : model_(model),
        optimizer_(optimizer),
        workers_(workers),
        options_(options),
        collective_(workers.count()),
        barrier_(workers.count()),
        shares_(workers.count()),
        gradients_(workers.count(), optim::Optimizer::Gradients(optimizer.parameters().size())) {}

  /// Takes a step if the mean loss of the batch, which it returns, is finite. To be called for each
  /// batch in turn. `noise`: the epoch's.
  double step(const data::Batches& batches, std::size_t index, const Rng& noise) {
    collective_.start();
    update_ = false;
    workers_.run([&](std::size_t w) {
      const FlushSubnormals flush;
      const auto arrive = [&] { return barrier_.arrive([&] { begin_update(); }); };
      try {
        differentiate(batches, index, noise, w);
        optimizer_.check(gradients_[w]);
      } catch (...) {
        shares_[w].loss = std::numeric_limits<double>::quiet_NaN();  // so that there is no step
        static_cast<void>(arrive());                                 // and the others pass
        throw;
      }
      const auto round = arrive();
      if (index + 1 < batches.count())  // while others are under way
        batches.dataset().prefetch(share_of_worker(batches.rows(index + 1), w));
      barrier_.wait(round);
      if (update_) optimizer_.take_part(gradients_, w, workers_.count());
    });
    return loss_;
  }

 private:
  using Rows = std::span<const std::uint32_t>;

  struct alignas(64) Worker {
    data::Batch batch;
    double loss = 0;
  };

  Rows share_of_worker(Rows batch, std::size_t w) const {
    const Share share = share_of(batch.size(), w, workers_.count());
    return batch.subspan(share.begin, share.size());
  }

  void differentiate(const data::Batches& batches, std::size_t index, const Rng& noise,
                     std::size_t w) {
    const Collective::Member member(collective_, w);
    const Rows rows = batches.rows(index), share = share_of_worker(rows, w);
    const Noise drawn(noise.split(index), static_cast<std::size_t>(share.data() - rows.data()));
    Worker& worker = shares_[w];
    gradients_[w].assign(gradients_[w].size(), LazyGradient());
    if (share.empty()) return void(worker.loss = 0);
    const Real weight = Real(share.size()) / Real(rows.size());
    batches.dataset().gather(share, worker.batch);
    Tape tape(optimizer_.parameters());
    const Var output = model_(worker.batch.images);
    const Var mean = options_.loss ? options_.loss(output, worker.batch)
                                   : loss_of(output, worker.batch, batches.dataset().classes());
    double loss = static_cast<double>(weight) * mean.item();
    const double own = loss;
    if (member.takes_part()) member.sum("the loss", {&loss, 1});  // so that all go on, or none
    if (std::isfinite(loss)) tape.backward(mean, weight, optimizer_.parameters(), gradients_[w]);
    worker.loss = own;
  }

  // When all workers have differentiated.
  void begin_update() {
    loss_ = 0;
    for (const Worker& worker : shares_) loss_ += worker.loss;
    if (!std::isfinite(loss_)) return;
    optimizer_.begin_step(gradients_);
    update_ = true;
  }

  nn::Module& model_;
  optim::Optimizer& optimizer_;
  Workers& workers_;
  const FitOptions& options_;
  Collective collective_;
  Barrier barrier_;
  std::vector<Worker> shares_;
  std::vector<optim::Optimizer::Gradients> gradients_;
  alignas(64) double loss_ = 0;  // of the batch
  bool update_ = false;          // whether there is a step to take
};

// Trains one epoch into `report`.
FitStatus run_epoch(Steps& steps, const data::Batches& batches, const Rng& noise,
                    const FitOptions& options, EpochReport& report) {
  const Stopwatch watch;
  double loss_sum = 0;
  for (std::size_t i = 0; i < batches.count(); ++i) {
    const double loss = steps.step(batches, i, noise);
    if (!std::isfinite(loss)) return FitStatus::diverged;
    const std::size_t size = batches.rows(i).size();
    loss_sum += loss * static_cast<double>(size);
    report.samples += size;
    if (options.on_batch)
      options.on_batch(
          {report.epoch, i + 1, batches.count(), report.samples, watch.seconds(), loss});
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
  if (options.threads == 0) fail_usage("fit", "0 threads would train nothing.");
  Workers workers(options.threads);
  Steps steps(model, optimizer, workers, options);
  FitResult result;
  model.train();
  for (std::size_t epoch = 1; epoch <= options.epochs; ++epoch) {
    EpochReport report{.epoch = epoch};
    const Rng noise = rng.split(rng.state().position);
    const auto batches = data::batches(
        dataset, {.size = options.batch, .drop_last = options.drop_last, .block = options.block},
        rng);
    result.status = run_epoch(steps, batches, noise, options, report);
    if (result.status != FitStatus::finished) return result;
    if (options.validation) report.validation = evaluate(model, *options.validation, workers);
    if (options.test) report.test = evaluate(model, *options.test, workers);
    if (!finite(report.validation) || !finite(report.test)) {
      result.status = FitStatus::diverged;
      return result;
    }
    result.epochs.push_back(std::move(report));
    if (options.on_epoch) options.on_epoch(result.epochs.back());
  }
  return result;
}

std::size_t default_threads(const nn::Module& model, std::size_t batch) {
  constexpr double worthwhile = 1e6;  // products a thread and step
  const double products = static_cast<double>(model.parameter_count()) * static_cast<double>(batch);
  return std::clamp(static_cast<std::size_t>(std::min(products / worthwhile, 1e6)), std::size_t{1},
                    Workers::processors());
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
