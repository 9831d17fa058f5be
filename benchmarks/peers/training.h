// What the training loops that `compare` runs have in common: their command line, and what they
// print. C++17, which libtorch's headers are written in.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

namespace reel::bench {

struct Setting {
  std::vector<std::size_t> layers;
  std::size_t batch = 0;
  std::string optimizer;  // sgd, momentum (0.9) or adam
  double lr = 0;
  std::size_t threads = 0, epochs = 0;
  std::string data;  // folder of the IDX files
};

/// PROGRAM LAYERS BATCH OPTIMIZER LR THREADS EPOCHS DATA, such as 784-10-10 64 sgd 0.1 1 3 FOLDER.
inline Setting parse_setting(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: %s LAYERS BATCH OPTIMIZER LR THREADS EPOCHS DATA\n", argv[0]);
    std::exit(2);
  }
  Setting setting;
  std::istringstream widths(argv[1]);
  for (std::string width; std::getline(widths, width, '-');)
    setting.layers.push_back(std::stoul(width));
  setting.batch = std::stoul(argv[2]);
  setting.optimizer = argv[3];
  setting.lr = std::stod(argv[4]);
  setting.threads = std::stoul(argv[5]);
  setting.epochs = std::stoul(argv[6]);
  setting.data = argv[7];
  return setting;
}

/// Runs `epoch()`, which returns its mean loss, once to warm up and then as often as asked; prints
/// what ran, then a line of seconds and loss for each of the latter.
template <class Epoch>
int time_epochs(const Setting& setting, const std::string& name, Epoch&& epoch) {
  std::printf("%s\n", name.c_str());
  epoch();
  for (std::size_t i = 0; i < setting.epochs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const double loss = epoch();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    std::printf("%.6f %.6f\n", time.count(), loss);
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace reel::bench
