// Counts the heap allocations of a training step in steady state, for every optimiser, with and
// without dropout and batch norm: Reel itself makes none. Allocations inside the libraries of the
// matrix products are counted separately.
#include <cstdio>
#include <string_view>

#include "allocations.h"
#include "networks.h"

using namespace reel;

namespace {

// Whether no step allocated anything.
bool count(std::string_view name, optim::Optimizer& optimizer, const nn::Module& model,
           const data::Batches& batches) {
  std::vector<bench::Allocations> counts;
  counts.reserve(batches.count());
  std::size_t steps = 0;
  Rng rng(1);
  for (const data::Batch& batch : batches) {
    const bench::Allocations before = bench::allocations();
    const RandomScope scope(rng);
    bench::reel_step(model, optimizer, batch);
    if (++steps > 3) counts.push_back(bench::allocations() - before);  // the first steps warm up
  }
  bench::Allocations most;
  for (const bench::Allocations& c : counts)
    if (c.outside_blas() + c.inside_blas >= most.outside_blas() + most.inside_blas) most = c;
  std::printf("  %-10.*s %12zu %12zu %12zu\n", static_cast<int>(name.size()), name.data(),
              most.operator_new, most.malloc + most.aligned_alloc + most.posix_memalign,
              most.inside_blas);
  return most.outside_blas() == 0;
}

bool every_optimizer(const char* network, const nn::Module& model, const data::Batches& batches) {
  std::printf("%s\n", network);
  const auto parameters = model.parameters();
  bool none = true;
  for (const optim::NamedOptimizer& row : optim::optimizers()) {
    const auto optimizer = optim::make_optimizer(row.name, parameters, {{"lr", row.lr}});
    none &= count(row.name, *optimizer, model, batches);
  }
  return none;
}

}  // namespace

int main() {
  const data::Dataset images = bench::random_images(64 * 20);
  const auto batches = data::batches(images, {.batch_size = 64});
  std::printf("heap allocations in a step, the most over %zu steps\n", batches.count() - 3);
  std::printf("  %-10s %12s %12s %12s\n", "", "operator new", "malloc etc.", "inside BLAS");
  bool none = true;
  nn::Sequential with_norm(nn::Linear(784, 10), nn::BatchNorm(10), nn::relu, nn::Dropout(0.2),
                           nn::Linear(10, 10));
  Rng rng(1);
  nn::init(with_norm, rng);
  none &= every_optimizer("784-10-10", bench::networks[0].model(), batches);
  none &= every_optimizer("784-10-10 with batch norm and dropout", with_norm, batches);
  return none ? 0 : 1;
}
