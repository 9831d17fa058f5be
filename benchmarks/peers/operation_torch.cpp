// The chains of operation.cpp in libtorch.
#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace {

constexpr int links = 100, rounds = 101;

template <class F>
void report(const char* name, F&& f) {
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const auto x = torch::tensor({0.1f, 0.2f, 0.3f, 0.4f}, torch::requires_grad());
    const auto w = torch::tensor({1.01f, 0.99f, 1.0f, 0.98f}, torch::requires_grad());
    auto y = x;
    for (int i = 0; i < links; ++i) y = f(y, w);
    torch::autograd::grad({y}, {x}, {w.detach()});
    const std::chrono::duration<double, std::micro> time = std::chrono::steady_clock::now() - start;
    times.push_back(time.count() / links);
  }
  std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
  std::printf("  %-10s %8.4f us\n", name, times[rounds / 2]);
}

}  // namespace

int main() {
  at::set_num_threads(1);
  std::printf(
      "one operation on four floats in libtorch %s, forward and back, median of %d rounds\n",
      TORCH_VERSION, rounds);
  report("add", [](const auto& y, const auto& w) { return y + w; });
  report("multiply", [](const auto& y, const auto& w) { return y * w; });
  report("relu", [](const auto& y, const auto&) { return torch::relu(y); });
  report("tanh", [](const auto& y, const auto&) { return torch::tanh(y); });
}
