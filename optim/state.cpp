// Converts numbers to text, and checks a state before it is used.
#include <reel/optim/state.h>

#include <array>
#include <charconv>
#include <cmath>

#include <reel/autodiff/core/file.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

void State::put(const std::string& name, double value) {
  std::array<char, 32> text;
  fields[name] = {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

void State::expect_kind(std::string_view own) const {
  if (kind != own) fail_usage(own, "was given a state of ", in_quotes(kind), '.');
}

const std::string& State::field(const std::string& name) const {
  const auto found = fields.find(name);
  if (found == fields.end()) fail_usage(kind, "the state has no \"", name, "\".");
  return found->second;
}

double State::number(const std::string& name) const {
  const std::string& text = field(name);
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end)
    fail_usage(kind, "the state has ", in_quotes(text), " for \"", name, "\", not a number.");
  return value;
}

std::size_t State::count(const std::string& name) const {
  const double value = number(name);
  if (!(value >= 0 && value <= 0x1p53 && value == std::floor(value)))
    fail_usage(kind, "the state has ", value, " for \"", name, "\", not a count.");
  return static_cast<std::size_t>(value);
}

const Tensor& State::tensor(const std::string& name, const Shape& shape) const {
  const auto found = tensors.find(name);
  if (found == tensors.end()) fail_usage(kind, "the state has no tensor \"", name, "\".");
  if (found->second.shape() != shape)
    fail_usage(kind, "the state's \"", name, "\" has shape ",
               reel::to_string(found->second.shape()), ", expected ", reel::to_string(shape), '.');
  return found->second;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
