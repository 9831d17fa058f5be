// The cost of augmentation: epochs of 784-800-10 with and without it, in turn in one process.
//
// Prints the time of one image on one core for each kind of change, then the median time of an
// epoch and the median ratio of neighbouring rounds.
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include <reel/data/augmentation.h>

#include "networks.h"

using namespace reel;

namespace {

struct Case {
  const char* name;
  data::AugmentationOptions options;
};
const std::vector<Case> cases{
    {"flip", {.flip = 1}},
    {"shift, rotation, scale", {.shift = 1, .rotation = 7.5, .scale = 0.075}},
    {"elastic", {.elastic = 36}},
    {"all of them", {.shift = 1, .rotation = 7.5, .scale = 0.075, .elastic = 36, .flip = 1}},
};

// Microseconds of one core.
double per_image(const data::AugmentationOptions& options) {
  constexpr std::size_t n = 128, rounds = 51;
  Tensor images = full({n, 28, 28}, Real(0.5));
  std::vector<std::uint32_t> samples(n);
  std::iota(samples.begin(), samples.end(), 0);
  const data::Augmentation augmentation(options);
  std::vector<double> times;
  for (std::size_t i = 0; i < rounds; ++i)
    times.push_back(bench::seconds([&] {
      augmentation.apply({images.data(), images.size()}, {28, 28}, samples, Rng(i));
    }));
  return bench::median(times) / n * 1e6;
}

}  // namespace

// An argument is the number of rounds.
int main(int argc, char** argv) {
  const std::size_t rounds = argc > 1 ? std::stoul(argv[1]) : 9;
  const std::size_t all = threads();
  set_threads(1);
  std::printf("an image of 28 x 28 on one core\n");
  for (const Case& one : cases) std::printf("  %-26s %6.2f us\n", one.name, per_image(one.options));
  set_threads(all);

  const bench::Network network{{784, 800, 10}, 128, Method::adam, 0.001};
  const data::Dataset images = bench::random_images(12'800, {28, 28});
  nn::Sequential model = network.model();
  const auto optimizer = network.optimizer(model);
  Rng rng(3);
  const auto epoch = [&](const data::Augmentation* augmentation) {
    return bench::seconds([&] {
      for (const data::Batch& batch :
           data::batches(images, {.batch_size = network.batch, .augmentation = augmentation}, rng))
        bench::reel_step(model, *optimizer, batch);
    });
  };
  std::printf("%s, %zu threads, medians of %zu rounds of %zu images\n", network.name().c_str(), all,
              rounds, images.size());
  std::printf("  %-26s %9s %9s %7s\n", "", "plain", "augmented", "ratio");
  epoch(nullptr);
  for (const Case& one : cases) {
    const data::Augmentation augmentation(one.options);
    std::vector<double> plain, augmented, ratios;
    for (std::size_t i = 0; i < rounds; ++i) {
      plain.push_back(epoch(nullptr));
      augmented.push_back(epoch(&augmentation));
      ratios.push_back(augmented.back() / plain.back());
    }
    std::printf("  %-26s %7.3f s %7.3f s %7.3f\n", one.name, bench::median(plain),
                bench::median(augmented), bench::median(ratios));
  }
}
