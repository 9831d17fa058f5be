// The training loop.
#include <reel/train/fit.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <limits>

#include <reel/autodiff/column_product.h>
#include <reel/autodiff/core/barrier.h>
#include <reel/autodiff/core/collective.h>
#include <reel/autodiff/core/noise.h>
#include <reel/autodiff/core/subnormals.h>
#include <reel/autodiff/core/workers.h>
#include <reel/autodiff/observer.h>
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

// The steps of a run. An epoch is one task of the workers, in which they meet twice a step: when
// each has differentiated its share of the batch, on a tape of its own and with the share's part of
// the batch as weight, and when each has updated its part of the parameters. Between arriving there
// and waiting each gathers its share of the next batch, or multiplies its columns. What the model
// needs of the entire batch it sums as a member of a collective, and what it draws depends on the
// step and the sample, not on the share.
class Steps {
 public:
  Steps(nn::Module& model, optim::Optimizer& optimizer, Workers& workers, const FitOptions& options)
      : model_(model),
        optimizer_(optimizer),
        workers_(workers),
        options_(options),
        collective_(workers.count()),
        differentiated_(workers.count()),
        updated_(workers.count()),
        shares_(workers.count()),
        gradients_(workers.count(), optim::Optimizer::Gradients(optimizer.parameters().size())),
        views_(workers.count()) {}

  /// Takes a step for each batch in turn, until a mean loss is not finite or the caller's `stop`
  /// says so, and writes `report`, unless the epoch is not finished. `noise`: the epoch's.
  FitStatus epoch(const data::Batches& batches, const Rng& noise, EpochReport& report) {
    const Stopwatch watch;
    over_ = false;
    collective_.start();
    share_out_columns(batches);
    workers_.run([&](std::size_t w) {
      double loss_sum = 0;
      std::size_t samples = 0;
      // the caller's thread lets the others wait if it is to show what the step has done
      const bool shows = w == 0 && (options_.on_batch || options_.stop);
      Barrier::Round round = 0;
      const auto conclude = [&](std::size_t index) {
        if (!shows) return updated_.wait(round);
        show({report.epoch, index + 1, batches.count(), samples, watch.seconds(), loss_});
      };
      for (std::size_t i = 0; i < batches.count(); ++i) {
        const std::exception_ptr failure = gather(batches, i, w);
        if (i > 0) conclude(i - 1);
        if (over_ || !step(batches, i, noise, w, failure)) return;
        const std::size_t size = batches.rows(i).size();
        loss_sum += loss_ * static_cast<double>(size);
        samples += size;
        if (!shows) round = updated_.arrive([] {});
      }
      conclude(batches.count() - 1);
      if (w > 0) return;
      report.samples = samples;
      report.train_loss = loss_sum / static_cast<double>(samples);
      report.seconds = watch.seconds();
    });
    columns_.reset();
    if (!update_) return FitStatus::diverged;
    return over_ ? FitStatus::stopped : FitStatus::finished;
  }

 private:
  using Rows = std::span<const std::uint32_t>;

  struct alignas(64) Worker {
    data::Batch batch;
    bool multiplied = false;  // by columns
    double loss = 0;
  };

  Rows share_of_worker(Rows batch, std::size_t w) const {
    const Share share = share_of(batch.size(), w, workers_.count());
    return batch.subspan(share.begin, share.size());
  }

  // If the first layer should be, and nobody is there who asks for images as a whole, or for the
  // weights after each step.
  void share_out_columns(const data::Batches& batches) {
    columns_.reset();
    if (options_.loss || options_.on_batch || options_.stop || Observer::innermost()) return;
    const Parameter* const weight = model_.input_weight();
    const std::size_t largest = batches.rows(0).size();
    if (weight && weight->initialised() &&
        ColumnProduct::suits(*weight, workers_.count(), largest) &&
        batches.dataset().features() == weight->shape()[1])
      columns_.emplace(*weight, workers_.count(), largest);
  }

  // Whether the workers share out the images by columns, and not by samples alone.
  bool in_columns(Rows batch) const { return columns_ && batch.size() >= workers_.count(); }

  // What it throws, to be thrown as a member of the collective.
  std::exception_ptr gather(const data::Batches& batches, std::size_t index, std::size_t w) {
    try {
      const Rows rows = batches.rows(index), share = share_of_worker(rows, w);
      data::Batch& batch = shares_[w].batch;
      if (in_columns(rows)) {
        batches.dataset().locate(rows, columns_->x(w));
        batch.labels.resize(share.size());
        batches.dataset().gather(share, batch.labels);
        const FlushSubnormals flush;
        shares_[w].multiplied = columns_->knows_weight(w);  // else others may be changing W
        if (shares_[w].multiplied) columns_->multiply(w);
      } else if (!share.empty()) {
        batches.dataset().gather(share, batch);
      }
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  // What each worker does of a step, without waiting for the others to have updated; false if there
  // is no step to take, for the loss is not finite or one of them fails.
  bool step(const data::Batches& batches, std::size_t index, const Rng& noise, std::size_t w,
            const std::exception_ptr& failure) {
    const FlushSubnormals flush;
    const auto arrive = [&] { return differentiated_.arrive([&] { begin_update(); }); };
    try {
      differentiate(batches, index, noise, w, failure);
      optimizer_.view(gradients_[w], views_[w]);
    } catch (...) {
      shares_[w].loss = std::numeric_limits<double>::quiet_NaN();  // so that there is no step
      static_cast<void>(arrive());                                 // and the others pass
      throw;
    }
    differentiated_.wait(arrive());
    if (!update_) return false;
    collective_.start(w);
    try {
      optimizer_.take_part(views_, w, workers_.count());
    } catch (...) {
      end();
      throw;
    }
    return true;
  }

  void differentiate(const data::Batches& batches, std::size_t index, const Rng& noise,
                     std::size_t w, const std::exception_ptr& failure) {
    const Collective::Member member(collective_, w);
    if (failure) std::rethrow_exception(failure);
    const Rows rows = batches.rows(index), share = share_of_worker(rows, w);
    const auto first = static_cast<std::size_t>(share.data() - rows.data());
    const Noise drawn(noise.split(index), first);
    Worker& worker = shares_[w];
    gradients_[w].assign(gradients_[w].size(), LazyGradient());
    if (share.empty()) return void(worker.loss = 0);
    const Real weight = Real(share.size()) / Real(rows.size());
    const bool by_columns = in_columns(rows);
    if (by_columns && !worker.multiplied) columns_->multiply(w);
    Tape tape(optimizer_.parameters());
    const Var output = by_columns ? model_(ColumnRows{*columns_, w, {first, first + share.size()}})
                                  : model_(worker.batch.images);
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
    update_ = false;
    loss_ = 0;
    for (const Worker& worker : shares_) loss_ += worker.loss;
    if (!std::isfinite(loss_)) return;
    optimizer_.begin_step(views_, workers_.count());
    update_ = true;
  }

  // Worker 0, when all others have updated, and before they go on.
  void show(const Progress& progress) {
    updated_.wait_for_others();
    if (over_) return end();
    try {
      if (options_.on_batch) options_.on_batch(progress);
      if (options_.stop && options_.stop()) return end();
    } catch (...) {
      end();
      throw;
    }
    static_cast<void>(updated_.arrive([] {}));
  }

  // Lets the others pass, and ends the epoch for all.
  void end() {
    over_ = true;
    static_cast<void>(updated_.arrive([] {}));
  }

  nn::Module& model_;
  optim::Optimizer& optimizer_;
  Workers& workers_;
  const FitOptions& options_;
  Collective collective_;
  Barrier differentiated_, updated_;
  std::vector<Worker> shares_;
  std::vector<optim::Optimizer::Gradients> gradients_;
  std::vector<optim::Optimizer::Views> views_;  // of these
  std::optional<ColumnProduct> columns_;        // the model's first, if it should
  alignas(64) double loss_ = 0;                 // of the batch
  bool update_ = false;                         // whether there is a step to take
  std::atomic<bool> over_{false};  // whether the epoch is, before its last batch or by failure
};

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
    result.status = steps.epoch(batches, noise, report);
    if (result.status != FitStatus::finished) return result;
    if (options.validation) report.validation = evaluate(model, *options.validation, workers);
    if (options.test) report.test = evaluate(model, *options.test, workers);
    if (!finite(report.validation) || !finite(report.test)) {
      result.status = FitStatus::diverged;
      return result;
    }
    if (!options.history) result.epochs.clear();
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
