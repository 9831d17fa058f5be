// Safetensors: files that are not in the format, and a system that refuses.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "safetensors_files.h"

using namespace reel;
using namespace safetensors_files;
using nn::load_safetensors;
using nn::SafeTensors;
using nn::save_safetensors;
namespace fs = std::filesystem;
using namespace std::string_literals;

namespace {

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

}  // namespace

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
