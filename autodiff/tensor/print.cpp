// Prints tensors as nested lists.
#include <algorithm>
#include <ostream>
#include <sstream>
#include <vector>

#include <reel/autodiff/tensor/tensor.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr std::size_t most_elements = 200, most_of_an_axis = 8, at_an_end = 3;

// The lists of one tensor. All numbers have the width of the longest.
class Lists {
 public:
  explicit Lists(const Tensor& tensor)
      : tensor_(tensor), shortened_(tensor.size() > most_elements) {
    walk(0, 0, [this](std::size_t i) {
      std::ostringstream number;
      number.precision(5);
      number << tensor_.data()[i];
      numbers_.push_back(std::move(number).str());
    });
    for (const std::string& number : numbers_) width_ = std::max(width_, number.size());
  }

  std::string text() {
    std::string out;
    write(0, out);
    return out;
  }

 private:
  // Calls f(i), for the printed indices i of an axis, and gap() where indices are left out.
  template <class F, class Gap>
  void each(std::size_t axis, F f, Gap gap) const {
    const std::size_t n = tensor_.shape()[axis];
    const bool cut = shortened_ && n > most_of_an_axis;
    for (std::size_t i = 0; i < n; ++i) {
      f(i);
      if (cut && i + 1 == at_an_end) gap(), i = n - at_an_end - 1;
    }
  }

  // Calls f(position), for the printed elements in order.
  template <class F>
  void walk(std::size_t axis, std::size_t before, const F& f) const {
    if (axis == tensor_.dimension()) return f(before);
    each(
        axis, [&](std::size_t i) { walk(axis + 1, before * tensor_.shape()[axis] + i, f); }, [] {});
  }

  void write(std::size_t axis, std::string& out) {
    if (axis == tensor_.dimension()) {
      const std::string& number = numbers_[next_++];
      out += std::string(tensor_.dimension() > 1 ? width_ - number.size() : 0, ' ') + number;
      return;
    }
    const bool last = axis + 1 == tensor_.dimension();
    const std::string separator = last ? ", " : concat(",\n", std::string(axis + 1, ' '));
    bool first = true;
    const auto separate = [&] {
      if (!first) out += separator;
      first = false;
    };
    out += '[';
    each(
        axis, [&](std::size_t) { separate(), write(axis + 1, out); },
        [&] { separate(), out += "…"; });
    out += ']';
  }

  const Tensor& tensor_;
  bool shortened_;
  std::vector<std::string> numbers_;
  std::size_t width_ = 0, next_ = 0;
};

}  // namespace

std::string to_string(const Tensor& tensor) { return Lists(tensor).text(); }

}  // namespace reel::inline REEL_PRECISION

namespace reel::memory {

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  return out << to_string(tensor);
}

}  // namespace reel::memory
