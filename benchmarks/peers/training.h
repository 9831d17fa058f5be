// The code that the training loops of `compare` share: their command line and their output. C++17,
// like libtorch's headers.
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

/// Prints the settings, then the seconds and the loss of each epoch except the first, which warms
/// up.
class EpochTimes {
 public:
  explicit EpochTimes(const std::string& name) { std::printf("%s\n", name.c_str()); }

  /// Call it when an epoch has ended with this mean loss; the next epoch begins.
  void ended(double loss) {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double> time = now - start_;
    if (!warms_up_) std::printf("%.6f %.6f\n", time.count(), loss);
    std::fflush(stdout);
    warms_up_ = false;
    start_ = std::chrono::steady_clock::now();
  }

 private:
  bool warms_up_ = true;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Runs `epoch()`, which returns its mean loss, once to warm up and then the requested number of
/// times; prints the times.
template <class Epoch>
int time_epochs(const Setting& setting, const std::string& name, Epoch&& epoch) {
  EpochTimes times(name);
  for (std::size_t i = 0; i < setting.epochs + 1; ++i) times.ended(epoch());
  return 0;
}

}  // namespace reel::bench
