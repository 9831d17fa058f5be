// Signal handlers that run on the stacks of training threads, with any kernels, must change no bit
// and end nothing. (oneDNN's dnnl_sgemm keeps a heap address in the stack pointer.)
//
// ctest runs this with several kernels of oneDNN and OpenBLAS. REEL_STORM_RUNS in the environment
// sets how often each network is trained; the default is 3.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <reel/nn/init.h>
#include <reel/nn/sequential.h>
#include <reel/optim/adam.h>
#include <reel/train/fit.h>

#include "../threads.h"

namespace reel::inline REEL_PRECISION {
namespace {

// While it is alive, each thread of the process gets a signal every half millisecond, and handles
// it on its own stack.
class Storm {
 public:
  Storm() {
    struct sigaction action = {};
    action.sa_handler = [](int) { ++handled; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, nullptr);  // stays installed: a signal may arrive after the storm
    sender_ = std::thread([this] {
      while (!over_) {
        for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
          const long thread = std::stol(task.path().filename().string());
          if (thread != syscall(SYS_gettid)) syscall(SYS_tgkill, getpid(), thread, SIGALRM);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
  }
  ~Storm() {
    over_ = true;
    sender_.join();
  }
  static inline std::atomic<int> handled{0};

 private:
  std::atomic<bool> over_{false};
  std::thread sender_;
};

struct Network {
  std::vector<std::size_t> widths;
  std::size_t batch, epochs;
};

data::Dataset images(std::size_t samples) {
  constexpr std::size_t pixels = 784, classes = 10;
  Rng rng(1);
  std::vector<std::uint8_t> bytes(samples * pixels);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  Labels labels(samples);
  for (Label& label : labels) label = static_cast<Label>(rng.below(classes));
  return data::Dataset::from_bytes(std::move(bytes), {pixels}, labels, {.classes = classes});
}

// The weights after a few steps and an evaluation.
std::vector<Real> trained(const Network& network, const data::Dataset& dataset) {
  nn::Sequential model = nn::mlp(network.widths, nn::relu);
  Rng rng(2);
  nn::init(model, rng);
  optim::Adam adam(model.parameters());
  std::ignore =
      train::fit(model, adam, dataset, rng,
                 {.epochs = network.epochs, .batch_size = network.batch, .test = &dataset});
  std::vector<Real> weights;
  for (const Parameter& parameter : model.parameters())
    weights.insert(weights.end(), parameter.value().begin(), parameter.value().end());
  return weights;
}

std::size_t runs() {
  const char* const text = std::getenv("REEL_STORM_RUNS");
  return text ? std::stoul(text) : 3;
}

}  // namespace

TEST_CASE("signals: handlers on the threads' own stacks change no bit of a training") {
  const data::Dataset dataset = images(384);
  for (const Network& network : {Network{{784, 10, 10}, 64, 20},
                                 {{784, 32, 10}, 64, 20},
                                 {{784, 128, 10}, 64, 5},
                                 {{784, 512, 512, 10}, 128, 2},
                                 {{784, 800, 10}, 128, 2},
                                 {{784, 2048, 10}, 32, 1}})
    for (const std::size_t count : {1u, 2u}) {
      CAPTURE(network.widths[1]);
      CAPTURE(count);
      const Threads set(count);
      const std::vector<Real> calm = trained(network, dataset);
      std::size_t other = 0;
      for (std::size_t run = 0; run < runs(); ++run) {
        const Storm storm;
        other += trained(network, dataset) != calm;
      }
      CHECK(other == 0);
    }
  CHECK(Storm::handled > 100);
}

}  // namespace reel::inline REEL_PRECISION
