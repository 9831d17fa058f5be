// The safetensors format: exact round trips, exact bytes, and an error for every malformed file.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>

#include "../temporary_folder.h"

using namespace reel;
using nn::load_safetensors;
using nn::SafeTensors;
using nn::save_safetensors;
namespace fs = std::filesystem;
using namespace std::string_literals;

namespace {

constexpr bool is_float = sizeof(Real) == 4;
constexpr std::size_t no_limit = 1 << 30;

using Folder = reel::TemporaryFolder;

// The kind of the error that the call throws, 0 for none; the message must be one line.
struct Caught {
  int kind = 0;
  std::string message;
};
Caught caught(const std::function<void()>& call) {
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

// The kind of the error that a child process without root's rights gets. It may fail to write to a
// device; even broken code cannot replace the device.
int unprivileged(const std::function<void()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setegid(65534) != 0 || ::seteuid(65534) != 0)) ::_exit(99);
    ::_exit(caught(call).kind);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

std::string bytes_of(const auto&... values) {
  std::string bytes;
  (bytes.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
  return bytes;
}

std::string file_of(const std::string& header, const std::string& values = "") {
  return bytes_of(static_cast<std::uint64_t>(header.size())) + header + values;
}

SafeTensors parse(const Folder& folder, const std::string& bytes) {
  std::ofstream(folder / "m", std::ios::binary) << bytes;
  return load_safetensors(folder / "m");
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

// The bits of a signalling NaN with a payload, and of a negative quiet one.
Real from_bits(std::uint64_t for_float, std::uint64_t for_double) {
  Real value;
  const auto narrow = static_cast<std::uint32_t>(for_float);
  std::memcpy(&value, is_float ? static_cast<const void*>(&narrow) : &for_double, sizeof value);
  return value;
}

SafeTensors variety() {
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

TEST_CASE("safetensors: a file of another program is named, with a way to convert it") {
  const Folder folder;
  // The beginning of a zip archive with one file, as PyTorch 1.13 and NumPy 1.24 write it.
  const auto zip = [](const std::string& name, const std::string& version_and_flags,
                      const std::string& extra = "") {
    const auto size = [](const std::string& text) {
      return static_cast<std::uint16_t>(text.size());
    };
    return "PK\3\4" + version_and_flags + std::string(18, '\0') +
           bytes_of(size(name), size(extra)) + name + extra + std::string(100, 'x');
  };
  const std::string torch = "\0\0\x08\x08"s, numpy = "\x14\0\0\0"s, aligned = "FB\2\0ZZ"s;
  const std::pair<std::string, std::string> files[] = {
      {zip("archive/data.pkl", torch), "is a file of PyTorch (torch.save), which is a zip of"},
      {zip("net/data.pkl", torch, aligned), "safetensors.torch.save_file(torch.load(\"net.pt\"), "},
      {zip("script/data/0", torch, aligned), "is a file of PyTorch"},
      {zip("script/data/0", torch), "is a zip archive"},
      {zip("weight.npy", numpy), "is an archive of NumPy (.npz), not safetensors. Hint"},
      {zip("weight.npy", std::string(4, '\0')), "is an archive of NumPy (.npz)"},
      {zip("metadata.json", numpy), "is a zip archive, not safetensors. Hint: unpack"},
      {zip("metadata.json", numpy).substr(0, 20), "is a zip archive"},
      {"\x80\2\x8a\x0al\xfc\x9c\x46\xf9", "is a Python pickle, as old versions of PyTorch"},
      {"\x80\4\x95\x64\0\0\0\0\0\0\0}"s, "is a Python pickle, not safetensors."},
      {"\x89HDF\r\n\x1a\n\0", "is an HDF5 file, as Keras writes it"},
      {"\x93NUMPY\1\0v\0{'descr'"s, "is an array of NumPy (.npy)"},
      {"GGUF\3\0\0\0\0\0"s, "is a GGUF file"},
      {"\x1f\x8b\x08\0\0\0\0\0\0\3"s, "is compressed by gzip"},
      {"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of Git LFS"},
  };
  for (const auto& file : files) {
    const std::string& expected = file.second;
    const Caught error = caught([&] { parse(folder, file.first); });
    CHECK(error.kind == 3);
    const bool said = error.message.find(expected) != std::string::npos;
    CHECK_MESSAGE(said, error.message, " does not say ", expected);
    CHECK(error.message.find("Hint: ") != std::string::npos);
  }
}

TEST_CASE("safetensors: what the format forbids is an input error that says what was found") {
  const auto tensor = [](const std::string& fields) { return "{\"w\":{" + fields + "}}"; };
  const std::string four(4, '\0'), good = "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]";
  // The fields of w with one of them replaced.
  const auto with = [&](const std::string& dtype, const std::string& shape,
                        const std::string& offsets) {
    return tensor("\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets);
  };
  const auto shape = [&](const std::string& text) { return with("\"F32\"", text, "[0,4]"); };
  const auto offsets = [&](const std::string& text) { return with("\"F32\"", "[1]", text); };
  const auto two = [](const std::string& a, const std::string& b) {  // one number each
    return "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + a +
           "},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + b + "}}";
  };
  const std::string deep(100000, '['), deeper(100000, '{');
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";

  struct Row {
    std::string bytes, message;
  };
  const std::string eight = "is 7 bytes long, expected at least 8.", json = "is not valid JSON",
                    braces = "is not a JSON object; only spaces",
                    overflow = "has a shape with too many elements.",
                    begin_end = "has data_offsets which are not a begin and an end.",
                    natural = "expected whole numbers from 0 up.";
  const Row rows[] = {
      {"", "is 0 bytes long"},
      {std::string(7, '\0'), eight},
      {std::string(8, '\0'), "is no safetensors file: it begins with \"\\x00\\x00"},
      {file_of("") + "{}", "expected the length of a header, 1 to 100000000."},
      {bytes_of(std::uint64_t{100000001}) + "{}", "it begins with \"\\x01\\xe1\\xf5\\x05\\x00"},
      {bytes_of(std::uint64_t{100000000}) + "{}", "ends after 2 bytes of a header of 100000000."},
      {std::string(8, '\xff') + "{}", "it begins with \"\\xff\\xff"},
      {"not weights", "it begins with \"not weig\", expected the length of a header"},
      {bytes_of(std::uint64_t{3}) + "{}", "ends after 2 bytes of a header of 3."},

      {file_of(" {}"), braces},
      {file_of("\xef\xbb\xbf{}"), braces},
      {file_of("[]"), braces},
      {file_of("    "), braces},
      {file_of("{"), braces},
      {file_of("{} x"), braces},
      {file_of("{}\n"), braces},
      {file_of("{}\t "), braces},
      {file_of("{}\0"s), braces},
      {file_of("{}\0}"s), braces},
      {file_of("{}{}"), json},
      {file_of("{},{}"), json},
      {file_of("{}}"), json},
      {file_of("{]}"), json},
      {file_of("{a:1}"), json},
      {file_of("{'a':{}}"), json},
      {file_of("{\"a\"}"), json},
      {file_of("{/**/}"), json},
      {file_of(tensor(good + ","), four), json},
      {file_of(shape("[01]"), four), json},
      {file_of(shape("[+1]"), four), json},
      {file_of(shape("[NaN]"), four), json},
      {file_of(shape("[1e999]"), four), json},
      {file_of("{\"\xff\":{" + good + "}}", four), json},
      {file_of("{\"\xc3\":{" + good + "}}", four), json},
      {file_of("{\"\xed\xa0\x80\":{" + good + "}}", four), json},
      {file_of("{\"\xc0\xaf\":{" + good + "}}", four), json},
      {file_of("{\"\\ud800\":{" + good + "}}", four), json},
      {file_of("{\"a\nb\":{" + good + "}}", four), json},

      {file_of("{\"w\":{" + good + "},\"w\":{" + good + "}}", four),
       "has the key \"w\" twice in one object."},
      {file_of("{\"w\":{" + good + "},\"\\u0077\":{" + good + "}}", four), "the key \"w\" twice"},
      {file_of("{\"__metadata__\":{},\"__metadata__\":{}}"), "the key \"__metadata__\" twice"},
      {file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}"), "the key \"k\" twice"},
      {file_of(tensor(good + ",\"dtype\":\"F32\""), four), "the key \"dtype\" twice"},
      {file_of(tensor(good + ",\"shape\":[1]"), four), "the key \"shape\" twice"},
      {file_of(tensor(good + ",\"data_offsets\":[0,4]"), four), "the key \"data_offsets\" twice"},

      {file_of(tensor(good + ",\"extra\":1"), four),
       "tensor \"w\" has a field \"extra\", expected"},
      {file_of(tensor(good + ",\"Dtype\":\"F32\""), four), "has a field \"Dtype\""},
      {file_of(tensor("")), "tensor \"w\" lacks one of dtype, shape and data_offsets."},
      {file_of(tensor("\"shape\":[1],\"data_offsets\":[0,4]"), four), "lacks one of"},
      {file_of(tensor("\"dtype\":\"F32\",\"data_offsets\":[0,4]"), four), "lacks one of"},
      {file_of(tensor("\"dtype\":\"F32\",\"shape\":[1]"), four), "lacks one of"},

      {file_of("{\"w\":[]}"), "has an array under the key \"w\", expected an object."},
      {file_of("{\"w\":1}"), "has 1 under the key \"w\", expected an object."},
      {file_of("{\"w\":\"x\"}"), "has \"x\" under the key \"w\", expected an object."},
      {file_of("{\"w\":null}"), "has null under the key \"w\", expected an object."},
      {file_of("{\"w\":true}"), "has a boolean under the key \"w\", expected an object."},
      {file_of("{\"dtype\":\"x\"}"), "has \"x\" under the key \"dtype\", expected an object."},
      {file_of("{\"__metadata__\":[]}"), "has an array under the key \"__metadata__\""},
      {file_of("{\"__metadata__\":null}"), "has null under the key \"__metadata__\""},
      {file_of("{\"__metadata__\":{\"k\":1}}"), "has 1 under the key \"k\", expected a string."},
      {file_of("{\"__metadata__\":{\"k\":null}}"), "has null under the key \"k\""},
      {file_of("{\"__metadata__\":{\"k\":[]}}"), "has an array under the key \"k\""},
      {file_of("{\"__metadata__\":{\"shape\":[]}}"), "has an array under the key \"shape\""},
      {file_of("{\"__metadata__\":{\"k\":{}}}"), "has an object under the key \"k\""},
      {file_of(with("1", "[1]", "[0,4]"), four),
       "has 1 under the key \"dtype\", expected a string."},
      {file_of(with("null", "[1]", "[0,4]"), four), "has null under the key \"dtype\""},
      {file_of(with("[\"F32\"]", "[1]", "[0,4]"), four), "has an array under the key \"dtype\""},
      {file_of(with("{}", "[1]", "[0,4]"), four), "has an object under the key \"dtype\""},
      {file_of(shape("1"), four), "has 1 under the key \"shape\", expected an array."},
      {file_of(shape("\"1\""), four), "has \"1\" under the key \"shape\", expected an array."},
      {file_of(shape("{}"), four), "has an object under the key \"shape\", expected an array."},
      {file_of(shape("null"), four), "has null under the key \"shape\", expected an array."},
      {file_of(offsets("4"), four), "has 4 under the key \"data_offsets\", expected an array."},

      {file_of(shape("[-1]"), four), "has -1 under the key \"shape\", " + natural},
      {file_of(shape("[-0]"), four), "has 0 under the key \"shape\", " + natural},
      {file_of(shape("[1.0]"), four), "has \"1.0\" under the key \"shape\", " + natural},
      {file_of(shape("[1e0]"), four), "has \"1e0\" under the key \"shape\", " + natural},
      {file_of(shape("[\"1\"]"), four), "has \"1\" under the key \"shape\", " + natural},
      {file_of(shape("[[1]]"), four), "has an array under the key \"shape\", " + natural},
      {file_of(shape("[{}]"), four), "has an object under the key \"shape\", " + natural},
      {file_of(shape("[null]"), four), "has null under the key \"shape\", " + natural},
      {file_of(shape("[true]"), four), "has a boolean under the key \"shape\", " + natural},
      {file_of(shape("[18446744073709551616]"), four), "has \"18446744073709551616\" under"},
      {file_of(offsets("[-4,0]"), four), "has -4 under the key \"data_offsets\", " + natural},
      {file_of(offsets("[0,4.0]"), four), "has \"4.0\" under the key \"data_offsets\", " + natural},
      {file_of(offsets("[0,18446744073709551620]"), four), "under the key \"data_offsets\", "},

      {file_of(shape("[18446744073709551615]"), four), overflow},
      {file_of(shape("[9223372036854775808]"), four), overflow},
      {file_of(shape("[4611686018427387904,4]"), four), overflow},
      {file_of(shape("[4294967296,4294967296]"), four), overflow},
      {file_of(shape("[4294967297,4294967297]"), four), overflow},
      {file_of(shape("[0,2305843009213693952]"), ""), overflow},
      {file_of(shape("[0,9223372036854775808,4]"), ""), overflow},
      {file_of(shape("[9223372036854775808,4,0]"), ""), overflow},

      {file_of(offsets("[]"), four), begin_end},
      {file_of(offsets("[4]"), four), begin_end},
      {file_of(offsets("[0,4,4]"), four), begin_end},
      {file_of(offsets("[4,0]"), four), begin_end},
      {file_of(offsets("[18446744073709551615,3]"), four), begin_end},
      {file_of(offsets("[0,3]"), "abc"),
       "has 3 bytes by its data_offsets, expected 4 by its shape"},
      {file_of(offsets("[0,8]"), four + four), "has 8 bytes by its data_offsets, expected 4"},
      {file_of(offsets("[0,0]")), "has 0 bytes by its data_offsets, expected 4"},
      {file_of(shape("[]"), ""), "ends after 0 bytes of values, expected 4."},
      {file_of(shape("[0]"), four), "has 4 bytes by its data_offsets, expected 0"},
      {file_of(shape("[2]"), four), "has 4 bytes by its data_offsets, expected 8"},
      {file_of(with("\"F64\"", "[1]", "[0,4]"), four),
       "has 4 bytes by its data_offsets, expected 8"},

      {file_of(offsets("[4,8]"), four + four), "\"w\" begins at offset 4, expected 0, where"},
      {file_of(two("[0,4]", "[8,12]"), four + four + four), "\"b\" begins at offset 8, expected 4"},
      {file_of(two("[8,12]", "[0,4]"), four + four + four), "\"a\" begins at offset 8, expected 4"},
      {file_of(two("[0,4]", "[0,4]"), four), "\"b\" begins at offset 0, expected 4"},
      {file_of(two("[0,4]", "[2,6]"), four + four), "\"b\" begins at offset 2, expected 4"},
      {file_of(offsets("[0,4]"), "abc"), "ends after 3 bytes of values, expected 4."},
      {file_of(offsets("[0,4]"), "abcde"), "goes on after the 4 bytes of values"},
      {file_of("{}", "x"), "goes on after the 0 bytes of values"},
      {file_of(with("\"F32\"", "[2305843009213693951]", "[0,9223372036854775804]"), four),
       "ends after 4 bytes of values, expected 9223372036854775804."},

      {file_of(with("\"F31\"", "[1]", "[0,4]"), four),
       "dtype \"F31\", which the format does not have"},
      {file_of(with("\"\"", "[1]", "[0,4]"), four), "dtype \"\", which the format does not have"},
      {file_of(with("\"f32\"", "[1]", "[0,4]"), four), "dtype \"f32\", which"},
      {file_of(with("\"F4\"", "[8]", "[0,4]"), four),
       "is of dtype F4, which Reel cannot read. Hint"},
      {file_of(with("\"F6_E2M3\"", "[4]", "[0,3]"), "abc"), "is of dtype F6_E2M3, which Reel"},
      {file_of(with("\"F16\"", "[1]", "[0,4]"), four),
       "has 4 bytes by its data_offsets, expected 2"},
      {file_of(with("\"BF16\"", "[2]", "[0,8]"), four + four), "has 8 bytes by its data_offsets"},
      {file_of(with("\"I64\"", "[]", "[0,4]"), four), "expected 8 by its shape and dtype."},
      {file_of(with("\"BOOL\"", "[4]", "[0,4]"), "abc"),
       "ends after 3 bytes of values, expected 4."},

      {file_of("{\"w\":" + deep + "}"), "has an array under the key \"w\""},
      {file_of("{\"w\":{\"shape\":" + deep + "}}"), "has an array under the key \"shape\""},
      {file_of("{\"__metadata__\":" + objects + "}"), "has an object under the key \"a\""},
      {file_of("{" + deeper + "}"), json},
      {file_of("{\"a\\nb\\u0000\":1}"), "under the key \"a\\x0ab\\x00\", expected"},
      {file_of("{\"" + std::string(500000, 'n') + "\":1}"), "nnn…\", expected an object."},
      {file_of("{\"" + std::string(79, 'n') + "é\":1}"), "nnn…\", expected an object."},
      {file_of("{\"w\":1." + std::string(100000, '0') + "}"), "000…\" under the key \"w\""},
  };

  const Folder folder;
  CHECK(parse(folder, file_of(tensor(good), four)).tensors.size() == 1);  // spoilt by the rows
  CHECK(parse(folder, file_of(two("[4,8]", "[0,4]"), four + four)).tensors.size() == 2);
  for (const Row& row : rows) {
    CAPTURE(row.bytes.substr(0, 200));
    const Caught error = caught([&] { parse(folder, row.bytes); });
    CHECK(error.kind == 3);
    CHECK(error.message.starts_with("[safetensors] " + (folder / "m").string() + ": "));
    const bool said = error.message.find(row.message) != std::string::npos;
    CHECK_MESSAGE(said, error.message, " does not say ", row.message);
  }
}

TEST_CASE("safetensors: a file that is cut anywhere is an input error") {
  const Folder folder;
  save_safetensors(folder / "a", variety());
  const std::string bytes = read_file(folder / "a", "test", no_limit);
  for (std::size_t size = bytes.size(); size-- > 0;) {
    CAPTURE(size);
    fs::resize_file(folder / "a", size);
    CHECK(caught([&] { load_safetensors(folder / "a"); }).kind == 3);
  }
  CHECK(caught([&] { parse(folder, bytes + '\0'); }).kind == 3);
  CHECK(caught([&] { parse(folder, bytes); }).kind == 0);
}

TEST_CASE("safetensors: any byte of the header may change without a crash") {
  const Folder folder;
  const std::string bytes = file_of(
      "{\"__metadata__\":{\"k\":\"v\"},\"w\":{\"dtype\":\"F32\",\"shape\":[0,2],"
      "\"data_offsets\":[0,0]},\"v\":{\"dtype\":\"F64\",\"shape\":[1],"
      "\"data_offsets\":[0,8]}}  ",
      bytes_of(1.0));
  std::ofstream(folder / "m", std::ios::binary) << bytes;
  std::fstream file(folder / "m", std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](std::size_t i, int byte) {
    file.seekp(static_cast<std::streamoff>(i)).put(static_cast<char>(byte)).flush();
  };
  int loaded = 0, refused = 0;
  for (std::size_t i = 0; i + 8 < bytes.size(); ++i) {
    for (int change = 1; change < 256; ++change) {
      put(i, bytes[i] ^ change);
      const Caught error = caught([&] { load_safetensors(folder / "m"); });
      if (error.kind != 0 && error.kind != 3) FAIL_CHECK(i, ' ', change, ' ', error.message);
      ++(error.kind ? refused : loaded);
    }
    put(i, bytes[i]);
  }
  CHECK(refused > 30000);
  CHECK(loaded > 300);  // for example, another letter in a name
}

TEST_CASE("safetensors: names that a file cannot have are usage errors, and nothing is written") {
  const Folder folder;
  const Tensor one = vector({1});
  const SafeTensors wrong[] = {
      {{{"__metadata__", one}}, {}},   {{{"w", one}, {"v", one}, {"w", one}}, {}},
      {{{"\xff", one}}, {}},           {{{"\xed\xa0\x80", one}}, {}},
      {{{"w", one}}, {{"k", "\xff"}}}, {{{"w", one}}, {{"\xff", "v"}}}};
  for (const SafeTensors& contents : wrong)
    CHECK(caught([&] { save_safetensors(folder / "a", contents); }).kind == 2);
  CHECK(caught([&] { save_safetensors(folder / "a", wrong[1]); }).message ==
        "[safetensors] the name \"w\" is taken, expected one for each tensor.");
  const SafeTensors large{{}, {{"k", std::string(100'000'000, 'x')}}};
  CHECK(caught([&] { save_safetensors(folder / "a", large); }).kind == 2);
  CHECK(folder.files() == 0);
}

TEST_CASE("safetensors: a file that is missing or a system that refuses") {
  const Folder folder;
  const SafeTensors contents{{{"w", vector({1})}}, {}};
  CHECK(caught([&] { load_safetensors(folder / "none"); }).kind == 3);
  CHECK(caught([&] { load_safetensors(folder.path); }).kind == 5);
  CHECK(caught([&] { load_safetensors("/dev/zero"); }).kind == 3);
  CHECK(caught([&] { load_safetensors("/dev/null"); }).kind == 3);
  CHECK(unprivileged([&] { save_safetensors("/dev/full", contents); }) == 5);
  CHECK(caught([&] { save_safetensors(folder / "none/a", contents); }).kind == 5);
  CHECK(caught([&] { save_safetensors(folder.path, contents); }).kind == 5);
  CHECK(caught([&] { save_safetensors("/proc/reel", contents); }).kind == 5);
  CHECK(folder.files() == 0);
}
