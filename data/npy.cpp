// The header of an NPY file, which is a Python dictionary, and its values.
#include <reel/data/npy.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/autodiff/core/file.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::string_view expected_types = "float32, float64, integers or booleans";

// Reads the dictionary of a header, such as {'descr': '<f8', 'fortran_order': False, 'shape':
// (3,)}.
class Dictionary {
 public:
  Dictionary(const FileReader& file, std::string_view text) : file_(file), rest_(text) {
    expect('{');
    while (!next_is('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr")
        type = type_name();
      else if (key == "fortran_order")
        fortran = truth();
      else if (key == "shape")
        shape = sizes();
      else
        file_.reject("its header has ", in_quotes(key), ", which is unknown.");
      ++keys_;
      if (!next_is(',') && !rest_.starts_with('}')) broken();
    }
    if (keys_ != 3 || type.empty() || rest_.find_first_not_of(" \n") != rest_.npos) broken();
  }

  std::string_view type;
  bool fortran = false;
  Shape shape;

 private:
  [[noreturn]] void broken() const { file_.reject("its header is no dictionary as NumPy's."); }

  bool next_is(char c) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    return true;
  }
  void expect(char c) {
    if (!next_is(c)) broken();
  }
  std::string_view quoted() {
    const char quote = rest_.empty() ? '\0' : rest_.front();
    const std::size_t end = rest_.find(quote, 1);
    if ((quote != '\'' && quote != '"') || end == rest_.npos) broken();
    const std::string_view text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return text;
  }
  std::string_view type_name() {
    if (rest_.starts_with('['))
      file_.reject("has records of several fields, expected ", expected_types, '.');
    return quoted();
  }
  bool truth() {
    for (const std::string_view word : {"True", "False"})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return word == "True";
      }
    broken();
  }
  Shape sizes() {
    Shape result;
    expect('(');
    while (!next_is(')')) {
      std::size_t size = 0;
      const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc()) broken();
      rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
      result.push_back(size);
      if (!next_is(',') && !rest_.starts_with(')')) broken();
    }
    return result;
  }

  const FileReader& file_;
  std::string_view rest_;
  int keys_ = 0;
};

class Npy {
 public:
  explicit Npy(const std::filesystem::path& path) : file_(path, "npy") {
    const std::string start = read(magic.size() + 2);
    if (!start.starts_with(magic))
      file_.reject("is no NPY file.", start.starts_with("PK")
                                          ? " Hint: this is a zip archive, such as an NPZ file; "
                                            "unpack it first."
                                          : "");
    const int version = start[magic.size()];
    if (version < 1 || version > 3)
      file_.reject("has version ", version, " of the format, expected 1 to 3.");
    const auto length = number<std::uint32_t>(read(version == 1 ? 2 : 4));
    constexpr std::uint32_t longest = 1 << 20;
    if (length > longest) file_.reject("claims a header of ", length, " bytes; it is corrupt.");
    const std::string header = read(length);
    const Dictionary about(file_, header);
    shape_ = about.shape;
    fortran_ = about.fortran;
    type_ = about.type;
    read_values();
  }

  const Shape& shape() const noexcept { return shape_; }
  bool is_integer() const noexcept { return type_[1] != 'f'; }
  bool is_bytes() const noexcept { return type_[1] == 'u' && width_ == 1; }
  [[noreturn]] void reject(std::string_view why) const { file_.reject(why); }

  // Calls f(i, value) for each element i, in the order of C. The values are double, or 64-bit
  // integers.
  template <class F>
  void for_each(F&& f) const {
    const std::string_view kind = std::string_view(type_).substr(1);
    if (kind == "f4")
      visit<float, double>(f);
    else if (kind == "f8")
      visit<double, double>(f);
    else if (kind == "i1")
      visit<std::int8_t, std::int64_t>(f);
    else if (kind == "i2")
      visit<std::int16_t, std::int64_t>(f);
    else if (kind == "i4")
      visit<std::int32_t, std::int64_t>(f);
    else if (kind == "i8")
      visit<std::int64_t, std::int64_t>(f);
    else if (kind == "u1" || kind == "b1")
      visit<std::uint8_t, std::uint64_t>(f);
    else if (kind == "u2")
      visit<std::uint16_t, std::uint64_t>(f);
    else if (kind == "u4")
      visit<std::uint32_t, std::uint64_t>(f);
    else
      visit<std::uint64_t, std::uint64_t>(f);
  }

 private:
  std::string read(std::size_t bytes) {
    std::string text = file_.read(bytes);
    if (text.size() < bytes) file_.reject("ends within its header.");
    return text;
  }

  // A little-endian number of these bytes.
  template <class T>
  static T number(std::string_view bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }

  void read_values() {
    constexpr std::string_view types[] = {"f4", "f8", "i1", "i2", "i4", "i8",
                                          "u1", "u2", "u4", "u8", "b1"};
    if (type_.size() != 3 || std::string_view("<>|=").find(type_[0]) == std::string_view::npos ||
        std::find(std::begin(types), std::end(types), type_.substr(1)) == std::end(types))
      file_.reject("has elements of type ", in_quotes(type_), ", expected ", expected_types, '.');
    width_ = static_cast<std::size_t>(type_[2] - '0');
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max() / 2;
    std::size_t bytes = width_;
    for (const std::size_t size : shape_) {
      if (size > 0 && bytes > most / size)
        file_.reject("claims an array of shape ", to_string(shape_), "; it is corrupt.");
      bytes *= size;
    }
    values_ = file_.read(bytes);
    if (values_.size() < bytes)
      file_.reject("ends after ", values_.size(), " bytes of values, expected ", bytes, " for ",
                   to_string(shape_), '.');
    if (!file_.read(1).empty())
      file_.reject("goes on after the ", bytes, " bytes of its array ", to_string(shape_), '.');
  }

  template <class Stored, class Wide, class F>
  void visit(F& f) const {
    const std::size_t n = values_.size() / sizeof(Stored);
    std::vector<std::size_t> index(shape_.size(), 0), strides(shape_.size(), 1);
    if (fortran_)
      for (std::size_t d = 1; d < shape_.size(); ++d) strides[d] = strides[d - 1] * shape_[d - 1];
    std::size_t place = 0;  // in a file in the order of Fortran
    for (std::size_t i = 0; i < n; ++i) {
      char bytes[sizeof(Stored)];
      std::memcpy(bytes, values_.data() + (fortran_ ? place : i) * sizeof(Stored), sizeof bytes);
      if (type_[0] == '>') std::reverse(std::begin(bytes), std::end(bytes));
      f(i, static_cast<Wide>(number<Stored>({bytes, sizeof bytes})));
      for (std::size_t d = shape_.size(); fortran_ && d-- > 0;) {
        place += strides[d];
        if (++index[d] < shape_[d]) break;
        place -= strides[d] * shape_[d];
        index[d] = 0;
      }
    }
  }

  FileReader file_;
  Shape shape_;
  bool fortran_ = false;
  std::string type_;  // such as "<f8"
  std::size_t width_ = 0;
  std::string values_;
};

Tensor to_tensor(const Npy& file) {
  Tensor result = uninitialized(file.shape());
  const auto reject = [&](auto value, const char* why) {
    file.reject(concat("has ", value, ", which a ", sizeof(Real) == 4 ? "float " : "double ", why));
  };
  file.for_each([&]<class Value>(std::size_t i, Value value) {
    if constexpr (std::is_floating_point_v<Value>) {
      if (std::isfinite(value) && std::abs(value) > std::numeric_limits<Real>::max())
        reject(value, "cannot hold.");
    } else {
      constexpr auto exact = std::uint64_t{1} << std::numeric_limits<Real>::digits;
      const auto size =
          value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
      if (size > exact) reject(value, "may not hold exactly.");
    }
    result.data()[i] = static_cast<Real>(value);
  });
  return result;
}

}  // namespace

Tensor load_npy(const std::filesystem::path& path) { return to_tensor(Npy(path)); }

std::variant<Tensor, ByteArray> load_npy_or_bytes(const std::filesystem::path& path) {
  const Npy file(path);
  if (!file.is_bytes()) return to_tensor(file);
  std::vector<std::uint8_t> bytes(element_count(file.shape()));
  file.for_each([&](std::size_t i, auto value) { bytes[i] = static_cast<std::uint8_t>(value); });
  return ByteArray{file.shape(), std::move(bytes)};
}

Labels load_npy_labels(const std::filesystem::path& path) {
  const Npy file(path);
  if (file.shape().size() != 1)
    file.reject(concat("has shape ", to_string(file.shape()), ", expected labels (n)."));
  if (!file.is_integer()) file.reject("has floating-point numbers, expected integers as labels.");
  Labels labels(file.shape()[0]);
  file.for_each([&](std::size_t i, auto value) {
    const auto label = static_cast<Label>(value);
    if (static_cast<decltype(value)>(label) != value || label < 0)
      file.reject(concat("has ", value, " at index ", i, ", which is no label."));
    labels[i] = label;
  });
  return labels;
}

void save_npy(const std::filesystem::path& path, const Tensor& tensor) {
  std::string header =
      concat("{'descr': '<f", sizeof(Real), "', 'fortran_order': False, 'shape': (");
  for (std::size_t i = 0; i < tensor.dimension(); ++i)
    header += concat(i == 0 ? "" : " ", tensor.shape()[i],
                     i + 1 < tensor.dimension() || i == 0 ? "," : "");
  header += "), }";
  constexpr std::size_t before = 10, alignment = 64;  // bytes before the header; of the values
  const std::size_t padded = (before + header.size() + alignment) / alignment * alignment - before;
  header.resize(padded - 1, ' ');
  std::string text = concat(magic, '\x01', '\0', static_cast<char>(padded & 0xFF),
                            static_cast<char>(padded >> 8), header, '\n');
  text.append(reinterpret_cast<const char*>(tensor.data()), tensor.size() * sizeof(Real));
  write_file(path, "npy", text);
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
