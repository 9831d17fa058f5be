// Copies of a model's parameters and buffers, and a hash of them.
#include <reel/nn/state_dict.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <reel/autodiff/core/hash.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// Adds the name, the shape and the bits of a tensor.
void add(Hash& hash, const std::string& path, const Tensor& tensor) {
  using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  hash.add(path);
  hash.add(std::uint64_t{tensor.dimension()});
  for (const std::size_t size : tensor.shape()) hash.add(std::uint64_t{size});
  for (const Real x : tensor) hash.add(std::bit_cast<Bits>(x));
}

}  // namespace

void detail::expect_fit(std::string_view where, const std::vector<NamedState>& parts,
                        const StateDict& values) {
  for (const NamedState& part : parts) {
    const auto found = values.find(part.path);
    if (found == values.end())
      fail_usage(where, "the model's \"", part.path, "\" is missing in these weights.");
    if (found->second.shape() != part.shape())
      fail_usage(where, "the model's \"", part.path, "\" has shape ", to_string(part.shape()),
                 ", in these weights ", to_string(found->second.shape()), '.');
  }
  if (values.size() != parts.size())
    fail_usage(where, "the model has ", parts.size(), " parameters and buffers, these weights ",
               values.size(), '.');
}

StateDict state_dict(const Module& model) {
  StateDict values;
  for (const NamedState& part : state_of(model)) values[part.path] = part.value();
  return values;
}

void load_state_dict(Module& model, const StateDict& values) {
  const auto parts = state_of(model);
  detail::expect_fit("load_state_dict", parts, values);
  for (const NamedState& part : parts) {
    const Tensor& value = values.at(part.path);
    if (part.buffer) {
      *part.buffer = value;
    } else {
      Parameter parameter = part.parameter;
      parameter.set_value(value);
    }
  }
}

std::uint64_t fingerprint(const Module& model) {
  auto parts = state_of(model);
  std::sort(parts.begin(), parts.end(),
            [](const NamedState& a, const NamedState& b) { return a.path < b.path; });
  Hash hash;
  for (const NamedState& part : parts) add(hash, part.path, part.value());
  return hash.value();
}

std::uint64_t fingerprint(const StateDict& values) {
  Hash hash;
  for (const auto& [path, value] : values) add(hash, path, value);
  return hash.value();
}

std::string fingerprint_text(const Module& model) { return hash_text(fingerprint(model)); }
std::string fingerprint_text(const StateDict& values) { return hash_text(fingerprint(values)); }

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
