// Finds samples whose labels are probably wrong.
#include <reel/train/label_suspects.h>

#include <algorithm>
#include <optional>

#include <reel/autodiff/engine/tape.h>
#include <reel/data/batches.h>
#include <reel/optim/adam.h>
#include <reel/train/evaluate.h>
#include <reel/train/fit.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

void check(const data::Dataset& dataset, const LabelSuspectsOptions& options) {
  if (dataset.classes() < 2) fail_usage("label_suspects", "takes samples of at least two classes.");
  if (options.folds < 2 || options.folds > dataset.size())
    fail_usage("label_suspects", "folds = ", options.folds, ", expected 2 to ", dataset.size(),
               ", the number of samples.");
}

// Nothing if it was stopped.
std::optional<nn::Sequential> trained(const nn::Sequential& pattern, const data::Dataset& dataset,
                                      Rng rng, const LabelSuspectsOptions& options) {
  const std::size_t batch_size = std::min(options.batch_size, dataset.size()),
                    batches = dataset.size() / std::max<std::size_t>(batch_size, 1);
  nn::Sequential model = nn::clone(pattern);
  nn::init(model, rng);
  optim::Adam adam(model.parameters(), {.lr = options.lr});
  const FitResult result =
      fit(model, adam, dataset, rng,
          {.epochs = std::max(options.epochs, (options.steps + batches - 1) / batches),
           .batch_size = batch_size,
           .drop_last = true,
           .stop = options.stop});
  if (result.status == FitStatus::stopped) return std::nullopt;
  if (result.status == FitStatus::diverged)
    fail(Error::Kind::diverged, "label_suspects", "the loss is not finite. Hint: a lower lr than ",
         options.lr, '.');
  return model;
}

// Writes the log-probabilities of these rows to `logs` (samples, classes).
void store_log_probabilities(nn::Sequential& model, const data::Dataset& dataset,
                             const std::vector<std::uint32_t>& rows, std::vector<double>& logs) {
  const EvalMode mode(model);
  const NoTape no_tape;
  auto row = rows.begin();
  for (const data::Batch& batch : data::batches(dataset.subset(rows), {.batch_size = 500})) {
    const Tensor of_batch = reel::log_softmax(model(batch.inputs).value());
    const std::size_t classes = of_batch.shape()[1];
    for (std::size_t i = 0; i < batch.size(); ++i, ++row)
      std::copy_n(of_batch.data() + i * classes, classes, logs.data() + *row * classes);
  }
}

}  // namespace

std::vector<LabelSuspect> label_suspects(const nn::Sequential& model, const data::Dataset& dataset,
                                         Rng& rng, const LabelSuspectsOptions& options) {
  check(dataset, options);
  const std::size_t n = dataset.size(), classes = dataset.classes();
  const std::vector<std::uint32_t> order = rng.permutation(n);
  std::vector<double> logs(n * classes);
  for (std::size_t fold = 0; fold < options.folds; ++fold) {
    std::vector<std::uint32_t> held_out, rest;
    for (std::size_t i = 0; i < n; ++i)
      (i % options.folds == fold ? held_out : rest).push_back(order[i]);
    std::optional<nn::Sequential> network =
        trained(model, dataset.subset(rest), rng.split(fold), options);
    if (!network) return {};
    store_log_probabilities(*network, dataset, held_out, logs);
  }
  std::vector<LabelSuspect> suspects(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* const row = logs.data() + i * classes;
    const auto label = static_cast<std::size_t>(dataset.label(i));
    std::size_t other = label == 0 ? 1 : 0;
    for (std::size_t c = 0; c < classes; ++c)
      if (c != label && row[c] > row[other]) other = c;
    suspects[i] = {static_cast<std::uint32_t>(i), dataset.label(i), static_cast<Label>(other),
                   row[label] - row[other]};
  }
  std::stable_sort(
      suspects.begin(), suspects.end(),
      [](const LabelSuspect& a, const LabelSuspect& b) { return a.margin < b.margin; });
  return suspects;
}

}  // namespace train
}  // namespace reel::inline REEL_PRECISION
