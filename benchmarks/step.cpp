// A training step on one core: Reel beside the bare loop.
//
// Both train the same network from the same weights on the same batches of random bytes, in turn in
// one process; gathering the batch is part of a step. Prints the median time of a step and the
// median ratio of neighbouring rounds. Fails if the two losses differ.
#include <cmath>
#include <cstdio>

#include <reel/autodiff/tensor/gemm.h>

#include "networks.h"

using namespace reel;

namespace {

constexpr std::size_t rounds = 51;

// Returns whether both had the same loss at the end.
bool compare(const bench::Network& network) {
  const bool small = network.widths[1] <= 128;
  const data::Dataset images = bench::random_images(network.batch * (small ? 60 : 8));
  const auto batches = data::batches(images, {.batch_size = network.batch});
  nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  BareLoop bare = network.bare(model);

  float bare_loss = 0, reel_loss = 0;
  const auto bare_round = [&] { bare_loss = bare.epoch(batches); };
  const auto reel_round = [&] {
    reel_loss = 0;
    for (const data::Batch& batch : batches)
      reel_loss += bench::reel_step(model, *optimizer, batch);
    reel_loss /= static_cast<float>(batches.count());
  };
  bare_round();
  reel_round();
  const bool same = std::abs(bare_loss - reel_loss) <= 1e-3f * std::abs(bare_loss);
  std::vector<double> bare_times, reel_times, ratios;
  for (std::size_t i = 0; i < rounds; ++i) {
    bare_times.push_back(bench::seconds(bare_round));
    reel_times.push_back(bench::seconds(reel_round));
    ratios.push_back(reel_times.back() / bare_times.back());
  }
  const double microseconds = 1e6 / static_cast<double>(batches.count());
  std::printf("  %-36s %9.2f us %9.2f us %8.3f%s\n", network.name().c_str(),
              bench::median(bare_times) * microseconds, bench::median(reel_times) * microseconds,
              bench::median(ratios), same ? "" : "  — the losses differ");
  return same;
}

}  // namespace

// An argument selects the networks whose names contain it.
int main(int argc, char** argv) {
  set_threads(1);
  std::printf("a step on one core, %s, medians of %zu rounds\n", blas_name().c_str(), rounds);
  std::printf("  %-36s %12s %12s %8s\n", "", "bare loop", "reel", "ratio");
  bool same = true;
  for (const bench::Network& network : bench::networks)
    if (argc < 2 || network.name().find(argv[1]) != std::string::npos) same &= compare(network);
  return same ? 0 : 1;
}
