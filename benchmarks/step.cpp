// The case study's training step: Reel beside a bare loop, and the heap allocations of each.
//
// Both train 784-10-10 (ReLU, cross-entropy, SGD, batch 64) from the same weights on the same
// batches of random bytes, in turn in one process on one thread; gathering the batch is part of a
// step. Prints the median over rounds of the time of a step, and of the ratio of neighbouring
// rounds.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include <reel/reel.h>

#include "allocations.h"
#include "bare_loop.h"

using namespace reel;

namespace {

constexpr std::size_t inputs = 784, hidden = 10, classes = 10, batch_size = 64;
constexpr std::size_t samples = 6000, rounds = 101;
constexpr float lr = 0.1f;

data::Dataset random_images() {
  Rng rng(1);
  std::vector<std::uint8_t> pixels(samples * inputs);
  for (std::uint8_t& p : pixels) p = static_cast<std::uint8_t>(rng.next());
  Labels labels(samples);
  for (Label& l : labels) l = static_cast<Label>(rng.below(classes));
  return data::Dataset::from_bytes(std::move(pixels), {28, 28}, labels, {.classes = classes});
}

std::vector<float> values(const Parameter& p) { return {p.value().begin(), p.value().end()}; }

double median(std::vector<double> x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}

template <class Step>
double seconds_per_step(const data::Batches& batches, Step&& step) {
  const auto start = std::chrono::steady_clock::now();
  for (const data::Batch& batch : batches) step(batch);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  return time.count() / static_cast<double>(batches.count());
}

}  // namespace

int main() {
  const data::Dataset images = random_images();
  const auto batches = data::batches(images, {.size = batch_size, .drop_last = true});

  Rng rng(2);
  nn::Linear first(inputs, hidden), second(hidden, classes);
  first.reset(nn::Init::uniform, rng);
  second.reset(nn::Init::uniform, rng);
  BareLoop bare(
      inputs, hidden, classes, batch_size,
      {values(first.weight), values(first.bias), values(second.weight), values(second.bias)});
  nn::Sequential model(std::move(first), nn::relu, std::move(second));
  optim::Sgd sgd(model.parameters(), {.lr = lr});

  double bare_loss = 0, reel_loss = 0;
  const auto bare_step = [&](const data::Batch& batch) { bare_loss = bare.step(batch, lr); };
  const auto reel_step = [&](const data::Batch& batch) {
    Tape tape;
    const Var loss = nn::cross_entropy(model(batch.images), batch.labels);
    tape.backward(loss);
    sgd.step();
    reel_loss = loss.item();
  };

  seconds_per_step(batches, bare_step);
  seconds_per_step(batches, reel_step);
  const bool same = std::abs(bare_loss - reel_loss) <= 1e-4 * std::abs(bare_loss);
  std::printf("loss after %zu steps: bare loop %.6f, reel %.6f%s\n", batches.count(), bare_loss,
              reel_loss, same ? "" : "  — they differ");
  std::vector<double> bare_seconds, reel_seconds, ratios;
  for (std::size_t i = 0; i < rounds; ++i) {
    bare_seconds.push_back(seconds_per_step(batches, bare_step));
    reel_seconds.push_back(seconds_per_step(batches, reel_step));
    ratios.push_back(reel_seconds.back() / bare_seconds.back());
  }
  std::printf("step of 784-10-10, batch 64, %s, one thread, median of %zu rounds of %zu steps\n",
              blas_name().c_str(), rounds, batches.count());
  std::printf("  bare loop  %8.2f us\n", 1e6 * median(bare_seconds));
  std::printf("  reel       %8.2f us   %.3f times the bare loop\n", 1e6 * median(reel_seconds),
              median(ratios));

  std::vector<bench::Allocations> counts;
  for (const data::Batch& batch : batches) {
    const bench::Allocations before = bench::allocations();
    reel_step(batch);
    counts.push_back(bench::allocations() - before);
  }
  bench::Allocations most;
  for (const bench::Allocations& c : counts)
    if (c.outside_blas() + c.inside_blas >= most.outside_blas() + most.inside_blas) most = c;
  std::printf("heap allocations in a step of reel, the most over %zu steps\n", counts.size());
  std::printf("  reel: operator new %zu, malloc %zu, aligned_alloc %zu, posix_memalign %zu\n",
              most.operator_new, most.malloc, most.aligned_alloc, most.posix_memalign);
  std::printf("  inside the library's products: %zu\n", most.inside_blas);

  return same && most.outside_blas() == 0 ? 0 : 1;
}
