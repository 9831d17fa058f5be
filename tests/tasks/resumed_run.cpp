// A full run: warm-up, clipping, smoothed labels, gradients over three batches, early stopping. A
// second run stops in the middle of an epoch, saves one file, and a third goes on from it: it stops
// at the same step as the first, with the same bits in the weights and in the best weights.
#include <reel/reel.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>

using namespace reel;

data::Dataset three_arms(std::size_t n, Rng& rng) {
  Tensor x = zeros({n, 2});
  Labels arm(n);
  for (std::size_t i = 0; i < n; ++i) {
    arm[i] = static_cast<Label>(i % 3);
    const double r = rng.uniform(0.1, 1);
    const double angle = 2.1 * arm[i] + 2 * r + 0.3 * rng.normal();
    x(i, 0) = Real(r * std::cos(angle)), x(i, 1) = Real(r * std::sin(angle));
  }
  return data::Dataset(x, arm);
}

struct Run {
  Rng rng{1};
  nn::Sequential model = nn::mlp({2, 32, 3}, nn::relu, {.batch_norm = true, .dropout = 0.1});
  nn::Sequential best = nn::clone(model);
  optim::AdamW adam;
  optim::Schedule schedule;
  train::Position position;
  double lowest = std::numeric_limits<double>::infinity();
  std::size_t epochs_since = 0, steps = 0;

  Run()
      : adam((nn::init(model, rng), model.parameters()), {.lr = 0.02, .weight_decay = 1e-3}),
        schedule(adam, optim::sequence({optim::linear_warm_up(20), optim::cosine(800)}, {20})) {
    nn::copy_state(model, best);
  }

  // Ends when the validation has not improved for six epochs, or after the given step.
  train::FitResult go(const data::Dataset& points, const data::Dataset& validation,
                      std::size_t last_step) {
    return train::fit(model, adam, points, rng,
                      {.epochs = 200,
                       .batch_size = 16,
                       .accumulate = 3,
                       .clip_norm = 1,
                       .validation = &validation,
                       .loss =
                           [](const Var& scores, const data::Batch& batch) {
                             return nn::cross_entropy(scores, batch.labels,
                                                      {.label_smoothing = Real(0.05)});
                           },
                       .position = &position,
                       .on_step = [&] { schedule.step(), ++steps; },
                       .on_epoch =
                           [&](const train::EpochReport& report) {
                             ++epochs_since;
                             if (report.validation->loss >= lowest) return;
                             lowest = report.validation->loss, epochs_since = 0;
                             nn::copy_state(model, best);
                           },
                       .stop = [&] { return epochs_since == 6 || steps == last_step; }});
  }

  void save(const std::filesystem::path& path) {
    train::save_checkpoint(path, model, best, adam, schedule, rng, position, lowest, epochs_since,
                           steps);
  }
  void load(const std::filesystem::path& path) {
    train::load_checkpoint(path, model, best, adam, schedule, rng, position, lowest, epochs_since,
                           steps);
  }
};

int main() {
  Rng rng(5);
  const auto points = three_arms(900, rng), validation = three_arms(300, rng),
             test = three_arms(500, rng);
  const std::size_t never = std::numeric_limits<std::size_t>::max();

  Run whole;
  const auto ended = whole.go(points, validation, never);
  if (ended.status != train::FitStatus::stopped) return 1;

  Run first;
  const auto stopped = first.go(points, validation, 50);  // 19 steps an epoch
  first.save("resumed_run.checkpoint");
  if (stopped.status != train::FitStatus::stopped || first.steps != 50) return 1;

  Run second;
  second.load("resumed_run.checkpoint");
  std::filesystem::remove("resumed_run.checkpoint");
  std::printf("resumed in epoch %zu, at batch %zu\n", second.position.epoch, second.position.batch);
  if (second.position.epoch != 3 || second.position.batch != 36) return 1;
  const auto resumed = second.go(points, validation, never);

  const auto bits = [](nn::Sequential& model) { return optim::values_of(model.parameters()); };
  const bool same =
      bits(whole.model) == bits(second.model) && bits(whole.best) == bits(second.best) &&
      whole.steps == second.steps && whole.lowest == second.lowest &&
      ended.epochs.back().train_loss == resumed.epochs.back().train_loss &&
      train::evaluate(whole.model, test).loss == train::evaluate(second.model, test).loss;
  const double accuracy = train::evaluate(second.best, test).accuracy();
  std::printf("early stop after %zu steps; the same bits: %d; %.3f right\n", whole.steps, same,
              accuracy);
  return same && bits(whole.model) != bits(whole.best) && accuracy > 0.9 ? 0 : 1;
}
