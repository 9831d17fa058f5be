// NPY files: types, orders, versions, and files that are broken.
#include <reel/data/npy.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/file.h>

#include "idx_files.h"

using namespace reel;
using namespace reel::testing;

namespace {

// What numpy 1.24 writes for asfortranarray([[1.5, 2, 3], [4, 5, −6]]).
constexpr std::string_view by_numpy =
    "934e554d5059010076007b276465736372273a20273c6638272c2027666f727472616e5f6f72646572273a20"
    "547275652c20277368617065273a2028322c2033292c207d2020202020202020202020202020202020202020"
    "2020202020202020202020202020202020202020202020202020202020202020202020202020200a00000000"
    "0000f83f000000000000104000000000000000400000000000001440000000000000084000000000000018c0";

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i < text.size(); i += 2)
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  return bytes;
}

template <class T>
Bytes values(const std::vector<T>& numbers, bool big = false) {
  Bytes bytes;
  for (const T number : numbers) {
    std::uint8_t one[sizeof(T)];
    std::memcpy(one, &number, sizeof one);
    if (big) std::reverse(std::begin(one), std::end(one));
    bytes.insert(bytes.end(), std::begin(one), std::end(one));
  }
  return bytes;
}

template <class T>
Bytes values(std::initializer_list<T> numbers) {
  return values(std::vector<T>(numbers));
}

// A file with this dictionary and these values.
Bytes npy(const std::string& dictionary, const Bytes& data, std::uint8_t version = 1) {
  Bytes bytes = bytes_of("\x93NUMPY");
  bytes.push_back(version);
  bytes.push_back(0);
  bytes.push_back(static_cast<std::uint8_t>(dictionary.size() + 1));
  for (int i = version == 1 ? 1 : 3; i > 0; --i) bytes.push_back(0);
  return bytes + bytes_of(dictionary) + Bytes{'\n'} + data;
}

std::string dictionary(const std::string& type, const std::string& shape, bool fortran = false) {
  return concat("{'descr': '", type, "', 'fortran_order': ", fortran ? "True" : "False",
                ", 'shape': ", shape, ", }");
}

Tensor loaded(const Bytes& bytes) { return data::load_npy(folder().write("a.npy", bytes)); }

// Whether loading refuses with this text, as wrong input, and names the file.
bool refused(const Bytes& bytes, const std::string& part) {
  const auto path = folder().write("bad.npy", bytes);
  return says(error_of([&] { data::load_npy(path); }), Kind::input,
              {concat("[npy] ", path.string(), ": "), part});
}

}  // namespace

TEST_CASE("npy: a file that NumPy has written") {
  CHECK(loaded(from_hex(by_numpy)) == matrix({{Real(1.5), 2, 3}, {4, 5, -6}}));
}

TEST_CASE("npy: every type, in both byte orders") {
  const Tensor expected = matrix({{0, 1, 2}, {3, 4, 100}});
  const auto check = [&]<class T>(const char* kind, T) {
    CAPTURE(kind);
    const std::vector<T> numbers{0, 1, 2, 3, 4, 100};
    CHECK(loaded(npy(dictionary(concat('<', kind), "(2, 3)"), values(numbers))) == expected);
    CHECK(loaded(npy(dictionary(concat('>', kind), "(2, 3)"), values(numbers, true))) == expected);
  };
  check("f4", float{}), check("f8", double{});
  check("i1", std::int8_t{}), check("i2", std::int16_t{}), check("i4", std::int32_t{});
  check("i8", std::int64_t{}), check("u1", std::uint8_t{}), check("u2", std::uint16_t{});
  check("u4", std::uint32_t{}), check("u8", std::uint64_t{});
  CHECK(loaded(npy(dictionary("|b1", "(3,)"), {1, 0, 1})) == vector({1, 0, 1}));
  CHECK(loaded(npy(dictionary("<i2", "(2,)"), values<std::int16_t>({-7, 300}))) ==
        vector({-7, 300}));
  CHECK(std::isnan(item(
      loaded(npy(dictionary("<f8", "()"), values({std::numeric_limits<double>::quiet_NaN()}))))));
}

TEST_CASE("npy: shapes, orders and versions") {
  CHECK(item(loaded(npy(dictionary("<f8", "()"), values({2.5})))) == 2.5);
  CHECK(to_string(loaded(npy(dictionary("<f8", "(0, 4)"), {})).shape()) == "(0,4)");
  std::vector<std::int32_t> numbers(24);
  // element (i, j, k) is 100 i + 10 j + k; the first index runs fastest in the order of Fortran
  for (int k = 0, n = 0; k < 4; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 2; ++i) numbers[static_cast<std::size_t>(n++)] = 100 * i + 10 * j + k;
  for (const int version : {1, 2, 3}) {
    const Tensor x = loaded(npy(dictionary("<i4", "(2, 3, 4)", true), values(numbers),
                                static_cast<std::uint8_t>(version)));
    REQUIRE(to_string(x.shape()) == "(2,3,4)");
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        for (std::size_t k = 0; k < 4; ++k)
          CHECK(x(i, j, k) == static_cast<Real>(100 * i + 10 * j + k));
  }
  // any order and spacing of the dictionary
  CHECK(loaded(npy("{\"shape\":(2,),'fortran_order':False , 'descr':\"<f8\"}",
                   values({1.0, 2.0}))) == vector({1, 2}));
}

TEST_CASE("npy: what Real cannot hold is refused, not rounded") {
  const auto two = [](auto a, auto b) { return values(std::vector{a, b}); };
  if (sizeof(Real) == 4) {
    CHECK(refused(npy(dictionary("<f8", "(2,)"), two(1.0, 1e300)),
                  "has 1e+300, which a float cannot"));
    CHECK(refused(npy(dictionary("<i4", "(2,)"), two(1, 16'777'217)), "has 16777217"));
    CHECK(loaded(npy(dictionary("<i4", "(2,)"), two(1, -16'777'216)))(1) == -16'777'216);
    CHECK(loaded(npy(dictionary("<f8", "(2,)"), two(0.1, 1.0)))(0) == Real(0.1));
  }
  constexpr std::int64_t large = (std::int64_t{1} << 53) + 1;
  CHECK(refused(npy(dictionary("<i8", "(2,)"), two(large, large)), "has 9007199254740993"));
  CHECK(
      refused(npy(dictionary("<i8", "(2,)"), two(std::numeric_limits<std::int64_t>::min(), large)),
              "has -9223372036854775808"));
  CHECK(refused(npy(dictionary("<u8", "(1,)"), values<std::uint64_t>({~std::uint64_t{0}})),
                "has 18446744073709551615"));
}

TEST_CASE("npy: broken files and other files") {
  const std::string good = dictionary("<f8", "(2,)");
  const Bytes file = npy(good, values({1.0, 2.0}));
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK(refused(first(file, size), size < file.size() - 16 ? "" : "expected 16 for (2)"));
  }
  CHECK(refused(file + Bytes{0}, "goes on after the 16 bytes of its array (2)"));
  CHECK(refused(bytes_of("PK\x03\x04 and so on"), "zip archive"));
  CHECK(refused(bytes_of("hello, world"), "is no NPY file"));
  CHECK(refused(npy(good, values({1.0, 2.0}), 4), "version 4"));
  CHECK(refused(npy(dictionary("<f2", "(2,)"), {0, 0, 0, 0}), "type \"<f2\", expected float32"));
  CHECK(refused(npy(dictionary("<c8", "(1,)"), Bytes(8)), "type \"<c8\""));
  CHECK(refused(npy(dictionary("|O", "(1,)"), Bytes(8)), "type \"|O\""));
  CHECK(refused(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", Bytes(8)),
                "several fields"));
  CHECK(refused(npy(dictionary("<f8", "(4294967296, 4294967296)"), {}), "corrupt"));
  CHECK(refused(npy(dictionary("<f8", "(-1,)"), {}), "no dictionary"));
  CHECK(refused(npy("{'descr': '<f8', 'fortran_order': False, 'x': 1}", {}), "\"x\""));
  for (const char* broken :
       {"", "{", "{}", "{'descr': '<f8'}", "{'descr': '<f8', 'fortran_order': Maybe, 'shape': ()}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2}", "['descr']",
        "{'descr': '<f8', 'fortran_order': False, 'shape': ()} x",
        "{'descr': '<f8', 'descr': '<f8', 'shape': (2,)"})
    CHECK(refused(npy(broken, values({1.0})), "dictionary"));
  Bytes long_header = bytes_of("\x93NUMPY");
  CHECK(refused(long_header + Bytes{2, 0, 255, 255, 255, 255}, "corrupt"));
  CHECK(says(error_of([] { data::load_npy("/nowhere/x.npy"); }), Kind::input, {"/nowhere/x.npy"}));
}

TEST_CASE("npy: a tensor that was saved comes back with the same bits, in an aligned file") {
  for (const Tensor& x : {scalar(Real(0.1)), vector({1, 2, 3}), matrix({{1, Real(-0.5)}, {3, 4}}),
                          zeros({2, 0, 3}), full({3, 4, 5}, Real(1) / 3)}) {
    const auto path = folder() / "saved.npy";
    data::save_npy(path, x);
    const std::string bytes = read_file(path, "test", 1 << 20);
    CHECK((bytes.size() - x.size() * sizeof(Real)) % 64 == 0);
    CHECK(bytes[bytes.size() - x.size() * sizeof(Real) - 1] == '\n');
    const Tensor again = data::load_npy(path);
    CHECK(again.shape() == x.shape());
    CHECK(again == x);
  }
  CHECK(says(error_of([] { data::save_npy("/nowhere/x.npy", scalar(1)); }), Kind::system,
             {"/nowhere/x.npy"}));
}

TEST_CASE("npy: labels") {
  const auto labels = [](const Bytes& bytes) {
    return data::load_npy_labels(folder().write("labels.npy", bytes));
  };
  CHECK(labels(npy(dictionary("<i8", "(3,)"), values<std::int64_t>({2, 0, 1}))) == Labels{2, 0, 1});
  CHECK(labels(npy(dictionary("|u1", "(2,)"), {255, 3})) == Labels{255, 3});
  const auto wrong = [&](const Bytes& bytes, const std::string& part) {
    return says(error_of([&] { labels(bytes); }), Kind::input, {"[npy] ", part});
  };
  CHECK(wrong(npy(dictionary("<i8", "(1,)"), values<std::int64_t>({-1})), "has -1 at index 0"));
  CHECK(wrong(npy(dictionary("<u8", "(2,)"), values<std::uint64_t>({1, ~std::uint64_t{0}})),
              "at index 1, which is no label"));
  CHECK(wrong(npy(dictionary("<i8", "(1,)"), values<std::int64_t>({std::int64_t{1} << 32})),
              "4294967296"));
  CHECK(wrong(npy(dictionary("<f8", "(1,)"), values({1.0})), "expected integers"));
  CHECK(wrong(npy(dictionary("<i8", "(1, 1)"), values<std::int64_t>({1})), "shape (1,1)"));
}
