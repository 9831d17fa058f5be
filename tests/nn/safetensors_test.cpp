// Safetensors: a round trip, the bytes of a file, and all types of numbers.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "safetensors_files.h"

using namespace reel;
using namespace safetensors_files;
using nn::load_safetensors;
using nn::SafeTensors;
using nn::save_safetensors;
using namespace std::string_literals;

namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

}  // namespace

TEST_CASE("safetensors: a round trip keeps every bit, the names, their order and the metadata") {
  const Folder folder;
  const SafeTensors saved = variety();
  save_safetensors(folder / "a", saved);
  const SafeTensors loaded = load_safetensors(folder / "a");
  CHECK(loaded.metadata == saved.metadata);
  REQUIRE(loaded.tensors.size() == saved.tensors.size());
  for (std::size_t i = 0; i < saved.tensors.size(); ++i) {
    CAPTURE(saved.tensors[i].name);
    CHECK(loaded.tensors[i].name == saved.tensors[i].name);
    CHECK(same_bits(loaded.tensors[i].value, saved.tensors[i].value));
  }
  CHECK(loaded.others == saved.others);

  save_safetensors(folder / "b", loaded);
  const std::string bytes = read_file(folder / "a", "test", no_limit);
  CHECK(read_file(folder / "b", "test", no_limit) == bytes);
  std::uint64_t length;
  std::memcpy(&length, bytes.data(), 8);
  CHECK(length % 8 == 0);
  CHECK(folder.files() == 2);
}

TEST_CASE("safetensors: empty tensors, which all lie at one place, keep their order") {
  const Folder folder;
  SafeTensors saved;
  for (int i = 0; i < 100; ++i) saved.tensors.push_back({std::to_string(i * 37 % 100), zeros({0})});
  save_safetensors(folder / "a", saved);
  const SafeTensors loaded = load_safetensors(folder / "a");
  REQUIRE(loaded.tensors.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(loaded.tensors[i].name == saved.tensors[i].name);
}

TEST_CASE("safetensors: nothing at all round trips too") {
  const Folder folder;
  save_safetensors(folder / "a", {});
  CHECK(read_file(folder / "a", "test", 99) == "\x08\0\0\0\0\0\0\0{}      "s);
  const SafeTensors loaded = load_safetensors(folder / "a");
  CHECK(loaded.tensors.empty());
  CHECK(loaded.metadata.empty());
}

TEST_CASE("safetensors: the header is padded to a multiple of 8 for names of every length") {
  const Folder folder;
  for (std::size_t size = 0; size < 9; ++size) {
    save_safetensors(folder / "a", {{{std::string(size, 'n'), vector({7})}}, {}});
    const std::string bytes = read_file(folder / "a", "test", 999);
    CHECK(bytes.size() % 8 == sizeof(Real) % 8);
    CHECK(bytes[8] == '{');
    CHECK(item(load_safetensors(folder / "a").tensors.at(0).value) == 7);
  }
}

TEST_CASE("safetensors: the bytes are these") {
  const Folder folder;
  save_safetensors(folder / "a",
                   {{{"b", matrix({{1, -2}})}, {"a", scalar(Real(0.5))}}, {{"k", "v"}}});
  const std::string golden =
      is_float ? "\x88\0\0\0\0\0\0\0"
                 "{\"__metadata__\":{\"k\":\"v\"},"
                 "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                 "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]}}"
                 "  "
                 "\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f"s
               : "\x88\0\0\0\0\0\0\0"
                 "{\"__metadata__\":{\"k\":\"v\"},"
                 "\"b\":{\"dtype\":\"F64\",\"shape\":[1,2],\"data_offsets\":[0,16]},"
                 "\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[16,24]}}"
                 "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\xe0\x3f"s;
  CHECK(read_file(folder / "a", "test", 999) == golden);
}

TEST_CASE("safetensors: a file in another order, unpadded and with escapes is read") {
  const Folder folder;
  const SafeTensors loaded = parse(
      folder,
      file_of(
          "{ \"late\" : {\"shape\":[2], \"data_offsets\":[4,12],\n\t\"dtype\":\"F32\"},"
          "\"\\u00e9\\ud83d\\ude00\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
          "\"__metadata__\":{}}   ",
          bytes_of(1.5f, 2.0f, -3.0f)));
  REQUIRE(loaded.tensors.size() == 2);
  CHECK(loaded.tensors[0].name == "é😀");
  CHECK(loaded.tensors[0].value == matrix({{Real(1.5)}}));
  CHECK(loaded.tensors[1].name == "late");
  CHECK(loaded.tensors[1].value == vector({2, -3}));
}

TEST_CASE("safetensors: F32 and F64 load into either Real") {
  const Folder folder;
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string header =
      "{\"f\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
      "\"d\":{\"dtype\":\"F64\",\"shape\":[5],\"data_offsets\":[8,48]}}";
  const SafeTensors loaded = parse(
      folder, file_of(header, bytes_of(0.1f, -0.0f, 0.1, 1e-320, -infinity, std::nan(""), -0.0)));
  REQUIRE(loaded.tensors.size() == 2);
  const Tensor &f = loaded.tensors[0].value, &d = loaded.tensors[1].value;
  CHECK(f(0) == Real(0.1f));
  CHECK((f(1) == 0 && std::signbit(f(1))));
  CHECK(d(0) == Real(0.1));
  CHECK(d(1) == Real(1e-320));
  CHECK(d(2) == -std::numeric_limits<Real>::infinity());
  CHECK(std::isnan(d(3)));
  CHECK((d(4) == 0 && std::signbit(d(4))));

  const std::string beyond = file_of(
      "{\"w\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", bytes_of(1.0, -1e39));
  SafeTensors far;
  const Caught error = caught([&] { far = parse(folder, beyond); });
  if (is_float) {
    CHECK(error.kind == 3);
    CHECK(error.message.ends_with("tensor \"w\" has values beyond the range of F32."));
  } else {
    CHECK(far.tensors.at(0).value(1) == Real(-1e39));
  }
}

TEST_CASE("safetensors: F16 and BF16 become the numbers that they are") {
  const Folder folder;
  const std::string header =
      "{\"h\":{\"dtype\":\"F16\",\"shape\":[2,5],\"data_offsets\":[0,20]},"
      "\"b\":{\"dtype\":\"BF16\",\"shape\":[7],\"data_offsets\":[20,34]}}";
  const auto bits = [](auto... values) { return bytes_of(static_cast<std::uint16_t>(values)...); };
  const SafeTensors loaded = parse(
      folder, file_of(header, bits(0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x8000, 0x7c00,
                                   0xfc00, 0x7e01) +
                                  bits(0x3f80, 0xc040, 0x7f7f, 0x8000, 0x0001, 0xff80, 0x7fc1)));
  REQUIRE(loaded.tensors.size() == 2);
  const Tensor &h = loaded.tensors[0].value, &b = loaded.tensors[1].value;
  const Real infinity = std::numeric_limits<Real>::infinity();
  REQUIRE(h.shape() == Shape{2, 5});
  CHECK(h(0, 0) == 1);
  CHECK(h(0, 1) == -2);
  CHECK(h(0, 2) == 65504);          // the largest
  CHECK(h(0, 3) == Real(0x1p-14));  // the smallest that is normal
  CHECK(h(0, 4) == Real(0x1p-24));  // the smallest
  CHECK(h(1, 0) == Real(-0x3ffp-24));
  CHECK((h(1, 1) == 0 && std::signbit(h(1, 1))));
  CHECK(h(1, 2) == infinity);
  CHECK(h(1, 3) == -infinity);
  CHECK(std::isnan(h(1, 4)));
  CHECK(b(0) == 1);
  CHECK(b(1) == -3);
  CHECK(b(2) == Real(0x1.fep127));
  CHECK((b(3) == 0 && std::signbit(b(3))));
  CHECK(b(4) == Real(0x1p-133));
  CHECK(b(5) == -infinity);
  CHECK(std::isnan(b(6)));
  // A NaN keeps its payload, which a float has room for.
  if (is_float) {
    CHECK(bytes_of(h(1, 4)) == bytes_of(std::uint32_t{0x7fc02000}));
    CHECK(bytes_of(b(6)) == bytes_of(std::uint32_t{0x7fc10000}));
  }
}

TEST_CASE("safetensors: every number of 16 bits, by its definition") {
  const Folder folder;
  std::string values;
  for (std::uint32_t i = 0; i < 65536; ++i) values += bytes_of(static_cast<std::uint16_t>(i));
  const SafeTensors loaded = parse(
      folder,
      file_of("{\"w\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}", values));
  int wrong = 0;
  for (int i = 0; i < 65536; ++i) {  // ±2^(e − 15)·(1 + f/1024), or ±2⁻¹⁴·f/1024 if e is 0
    const int e = i >> 10 & 31, f = i & 1023, sign = i >> 15 ? -1 : 1;
    const Real value = loaded.tensors.at(0).value(static_cast<std::size_t>(i));
    const double expected = sign * (e == 0 ? std::ldexp(f, -24) : std::ldexp(1024 + f, e - 25));
    wrong += e == 31
                 ? (f == 0 ? !std::isinf(value) || (value < 0) != (sign < 0) : !std::isnan(value))
                 : static_cast<double>(value) != expected;
  }
  CHECK(wrong == 0);
}

TEST_CASE("safetensors: tensors of other types keep their bytes, and each tensor is aligned") {
  const Folder folder;
  const std::string header =
      "{\"n\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[13,21]},"
      "\"m\":{\"dtype\":\"BOOL\",\"shape\":[3,1],\"data_offsets\":[0,3]},"
      "\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]},"
      "\"e\":{\"dtype\":\"U8\",\"shape\":[4,0],\"data_offsets\":[13,13]},"
      "\"q\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[11,13]}}";
  const std::string count = bytes_of(std::int64_t{-7});
  const SafeTensors loaded =
      parse(folder, file_of(header, "\1\0\1"s + bytes_of(0.5f, -2.0f) + "ab" + count));
  REQUIRE(loaded.tensors.size() == 1);
  CHECK(loaded.tensors[0].value == vector({0.5, -2}));
  const std::vector<nn::RawTensor> others{{"m", "BOOL", {3, 1}, "\1\0\1"s},
                                          {"q", "F8_E4M3", {2}, "ab"},
                                          {"e", "U8", {4, 0}, ""},
                                          {"n", "I64", {}, count}};
  CHECK(loaded.others == others);
  CHECK(others[0].is_integral());
  CHECK_FALSE(others[1].is_integral());

  save_safetensors(folder / "a", loaded);
  const std::string bytes = read_file(folder / "a", "test", no_limit);
  const std::string order = is_float ? count + bytes_of(0.5f, -2.0f) : bytes_of(0.5, -2.0) + count;
  CHECK(bytes.ends_with(order + "\1\0\1"s + "ab"));
  const SafeTensors again = load_safetensors(folder / "a");
  CHECK(again.tensors[0].value == loaded.tensors[0].value);
  CHECK(again.others.size() == 4);
  for (const nn::RawTensor& tensor : others)
    CHECK(std::count(again.others.begin(), again.others.end(), tensor) == 1);
  save_safetensors(folder / "b", again);
  CHECK(read_file(folder / "b", "test", no_limit) == bytes);
}

TEST_CASE("safetensors: raw tensors that do not fit their type are usage errors") {
  const Folder folder;
  const auto message = [&](const nn::RawTensor& tensor) {
    const Caught error = caught([&] { save_safetensors(folder / "a", {{}, {}, {tensor}}); });
    CHECK(error.kind == 2);
    return error.message;
  };
  CHECK(message({"n", "I64", {2}, "12345678"}) ==
        "[safetensors] \"n\" has 8 bytes, expected 16 by its shape (2) and dtype I64.");
  CHECK(message({"n", "F4", {2}, "1"}) ==
        "[safetensors] \"n\" is of dtype \"F4\", which cannot be written.");
  CHECK(message({"n", "", {0}, ""}) ==
        "[safetensors] \"n\" is of dtype \"\", which cannot be written.");
  CHECK(caught([&] {
          save_safetensors(folder / "a", {{{"n", vector({1})}}, {}, {{"n", "U8", {}, "1"}}});
        }).kind == 2);
  CHECK(folder.files() == 0);
}
