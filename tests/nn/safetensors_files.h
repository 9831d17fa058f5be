// Files in the safetensors format, for tests.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>

#include "../temporary_folder.h"

namespace reel::inline REEL_PRECISION {
namespace safetensors_files {

using nn::load_safetensors;
using nn::SafeTensors;

constexpr bool is_float = sizeof(Real) == 4;
constexpr std::size_t no_limit = 1 << 30;

using Folder = reel::TemporaryFolder;

// The kind of the error that the call throws, 0 for none; the message must be one line.
struct Caught {
  int kind = 0;
  std::string message;
};
inline Caught caught(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(message.starts_with("[safetensors] "));
    CHECK(message.find('\n') == std::string::npos);
    CHECK(message.size() < 600);
    return {static_cast<int>(error.kind()), message};
  }
  return {};
}

inline std::string bytes_of(const auto&... values) {
  std::string bytes;
  (bytes.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
  return bytes;
}

inline std::string file_of(const std::string& header, const std::string& values = "") {
  return bytes_of(static_cast<std::uint64_t>(header.size())) + header + values;
}

inline SafeTensors parse(const Folder& folder, const std::string& bytes) {
  std::ofstream(folder / "m", std::ios::binary) << bytes;
  return load_safetensors(folder / "m");
}

// The bits of a signalling NaN with a payload, and of a negative quiet one.
inline Real from_bits(std::uint64_t for_float, std::uint64_t for_double) {
  Real value;
  const auto narrow = static_cast<std::uint32_t>(for_float);
  std::memcpy(&value, is_float ? static_cast<const void*>(&narrow) : &for_double, sizeof value);
  return value;
}

inline SafeTensors variety() {
  using Limits = std::numeric_limits<Real>;
  SafeTensors all;
  all.tensors.push_back({"scalar", scalar(Real(0.1))});
  all.tensors.push_back({"z empty", zeros({0, 3})});
  all.tensors.push_back({"a empty", zeros({2, 0, 4})});
  all.tensors.push_back(
      {"special", vector({Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity(), Real(-0.0),
                          Limits::denorm_min(), Limits::max(), Limits::lowest()})});
  Tensor nans = zeros({2});
  const Real bits[] = {from_bits(0x7f812345, 0x7ff0123456789abc),
                       from_bits(0xffc54321, 0xfff8123456789abc)};
  std::memcpy(nans.data(), bits, sizeof bits);
  all.tensors.push_back({"nans", nans});
  Tensor four = uninitialized({2, 3, 4, 5});
  for (std::size_t i = 0; i < four.size(); ++i) four.data()[i] = Real(1) / Real(i + 1);
  all.tensors.push_back({"four", four});
  all.tensors.push_back({"five", full({1, 2, 1, 2, 1}, 5)});
  all.tensors.push_back({"größe \"\\/\n\x01 \U0001F600", vector({1})});
  all.tensors.push_back({"", vector({2})});
  all.tensors.push_back({"dtype", vector({3})});
  all.others.push_back(
      {"größe.num_batches_tracked", "I64", {}, std::string("\1\0\0\0\0\0\0\x80", 8)});
  all.others.push_back({"mask", "BOOL", {0, 2}, ""});
  all.others.push_back({"bytes", "U8", {3}, "abc"});
  all.metadata = {{"", ""}, {"format", "reel"}, {"naïve\n", "\t\"{}\""}, {"dtype", "{\"a\":1}"}};
  return all;
}

}  // namespace safetensors_files
}  // namespace reel::inline REEL_PRECISION
