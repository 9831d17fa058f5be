// `reel-mnist verify`: trains a short reference run, and compares it with published results, so
// that an installation can be trusted.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iostream>

#include <reel/autodiff/core/parallel.h>
#include <reel/autodiff/tensor/gemm.h>
#include <reel/nn/sequential.h>
#include <reel/nn/state_dict.h>
#include <reel/optim/adam.h>
#include <reel/train/fit.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"

namespace reel::mnist {

using namespace apps;

namespace {

constexpr std::size_t epochs = 3;

// The result of the reference run.
struct Reference {
  std::array<double, epochs> losses;
  std::array<std::string, epochs> weights;  // fingerprints
};

// The mean training losses in double precision. In float, the order of the sums changes them by
// less than the tolerance.
constexpr std::array<double, epochs> published_losses{2.502261391, 1.53420281, 1.020707436};
constexpr double tolerance = 1e-4;  // relative

// The fingerprints of the weights after each epoch, for the instructions, the libraries of the
// matrix products and the kernels of OpenBLAS that compute these bits; the sums are in the order of
// the kernels. Found on an AVX-512 processor, and on a Haswell and a Zen 2 that qemu-user emulates.
using Names = std::array<std::string_view, 2>;
struct Published {
  Names instructions;
  std::string_view libraries;
  Names kernels;
  std::array<std::string_view, epochs> weights;
};
constexpr std::string_view published_compiler = "g++ 12";
constexpr Names fma{"AVX-512", "AVX2"}, sse{"SSE2"};
constexpr Names wide{"Cooperlake", "SkylakeX"}, narrow{"Haswell", "Zen"};
constexpr std::string_view both = "oneDNN 2.6.3 and OpenBLAS 0.3.21", openblas = "OpenBLAS 0.3.21";
constexpr Published published[] = {
    {fma, both, wide, {"dde7aaa204f3871e", "9ecef8f0975447ba", "e4139f42fdec3176"}},
    {fma, both, narrow, {"0cf0127887859892", "0d7a4c53b9c0cb11", "77683971d9c6bf86"}},
    {fma, openblas, narrow, {"3c2d41cd58ae2fb1", "fea1c305923a12bf", "63da4aaa5fbe8270"}},
    {sse, both, wide, {"3b4d3716a56c1984", "5ece4ddcaa3c0d77", "18be80405d8d5330"}},
    {sse, openblas, narrow, {"d58960e6411ac465", "8861e510858f4862", "9a338aaf29cac78e"}},
};

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string compiler() {
#if defined(__clang__)
  const std::string name = concat("clang ", __clang_major__);
#elif defined(__GNUC__)
  const std::string name = concat("g++ ", __GNUC__);
#else
  const std::string name = "another compiler";
#endif
#ifdef __OPTIMIZE__
  return name;
#else
  return name + " without optimisation";
#endif
}

// The instructions that the compiler was allowed to use.
constexpr std::string_view instructions =
#if defined(__AVX512F__)
    "AVX-512";
#elif defined(__AVX2__) && defined(__FMA__)
    "AVX2";
#elif defined(__AVX__)
    "AVX";
#elif defined(__SSE3__)
    "SSE3";
#elif defined(__SSE2__)
    "SSE2";
#elif defined(__ARM_NEON)
    "NEON";
#else
    "portable";
#endif

std::string products() {
  const std::string kernels = blas_kernels();
  return kernels.empty() ? blas_name() : concat(blas_name(), " (", kernels, ')');
}

// Ten kinds of pictures: a random one for each class, and noise on it.
data::Dataset pictures() {
  constexpr std::size_t count = 1280, features = 784, classes = 10;
  Rng rng(2026);
  std::vector<double> prototypes(classes * features);
  for (double& pixel : prototypes) pixel = rng.uniform();
  Tensor inputs = zeros({count, features});
  Labels labels(count);
  for (std::size_t i = 0; i < count; ++i) {
    labels[i] = static_cast<Label>(i % classes);
    for (std::size_t j = 0; j < features; ++j)
      inputs(i, j) =
          static_cast<Real>(0.1 * prototypes[i % classes * features + j] + 0.9 * rng.uniform());
  }
  return data::Dataset(std::move(inputs), labels, {.name = "reference"});
}

// 784-128-10 with all that a network of `train` may have.
Reference run() {
  const data::Dataset dataset = pictures();
  Rng rng(1);
  nn::Sequential model = nn::mlp({784, 128, 10}, nn::relu, {.batch_norm = true, .dropout = 0.2});
  nn::init(model, rng, nn::Init::he_normal);
  optim::Adam adam(model.parameters(), {.lr = 1e-3, .weight_decay = 0.01});
  Reference reference{};
  static_cast<void>(
      train::fit(model, adam, dataset, rng,
                 {.epochs = epochs, .on_epoch = [&](const train::EpochReport& report) {
                    reference.losses[report.epoch - 1] = report.train_loss;
                    reference.weights[report.epoch - 1] = nn::fingerprint_text(model);
                  }}));
  return reference;
}

bool near_published(const Reference& found) {
  for (std::size_t i = 0; i < epochs; ++i)
    if (!(std::abs(found.losses[i] / published_losses[i] - 1) <= tolerance)) return false;
  return true;
}

}  // namespace

int verify(const VerifyOptions& options) {
  if (options.threads) set_threads(*options.threads);
  const Reference found = run();
  const auto known =
      std::find_if(std::begin(published), std::end(published), [](const Published& p) {
        return published_compiler == compiler() && contains(p.instructions, instructions) &&
               p.libraries == blas_name() && contains(p.kernels, blas_kernels());
      });
  const bool is_known = known != std::end(published);
  const bool equal =
      is_known && std::equal(found.weights.begin(), found.weights.end(), known->weights.begin());
  const bool near = near_published(found);
  const bool trusted = near && (equal || !is_known);
  if (options.json) {
    std::cout << json_line({{"trusted", trusted},
                            {"compiler", compiler()},
                            {"instructions", instructions},
                            {"products", products()},
                            {"losses", found.losses},
                            {"losses_are_near", near},
                            {"weights", found.weights},
                            {"published", is_known ? nlohmann::ordered_json(known->weights)
                                                   : nlohmann::ordered_json()}});
    return trusted ? 0 : 1;
  }
  const std::size_t width = output_width();
  const bool is_wide = !is_narrow(width);
  std::cout << paragraph(
                   concat("784-128-10 with batch norm and dropout on made-up pictures, float, ",
                          instructions, ", ", compiler(), ", ", products(), ", ",
                          counted(threads(), "thread")),
                   width)
            << "\nepoch      loss" << (is_wide ? "  published" : "") << "  weights\n";
  for (std::size_t i = 0; i < epochs; ++i) {
    std::cout << padded(std::to_string(i + 1), 5, true)
              << padded(significant(found.losses[i], 5), 10, true);
    if (is_wide) std::cout << padded(significant(published_losses[i], 5), 11, true);
    std::cout << "  " << found.weights[i];
    if (is_wide && is_known && found.weights[i] != known->weights[i])
      std::cout << ", not " << known->weights[i];
    std::cout << '\n';
  }
  std::cout << '\n'
            << paragraph(!near ? "WRONG: a loss differs from the published one by more than it may."
                         : equal ? "All losses and all bits of the weights are as published."
                         : is_known
                             ? "WRONG: the losses are right, but the weights are other bits than "
                               "those published for this compiler, these instructions "
                               "and libraries."
                             : "All losses are right. For this compiler, these instructions and "
                               "libraries no bits are published.",
                         width);
  return trusted ? 0 : 1;
}

}  // namespace reel::mnist
