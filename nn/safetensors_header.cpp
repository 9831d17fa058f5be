// Parses, checks and writes the JSON header.
#include <reel/nn/safetensors_header.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>
#include <utility>

#include <reel/nn/foreign_file.h>

namespace reel {

namespace {

// The header's length and the values are little-endian; they are copied without conversion.
static_assert(std::endian::native == std::endian::little);

using Json = nlohmann::json;
constexpr std::string_view metadata_key = "__metadata__";
constexpr std::pair<std::string_view, std::size_t> dtypes[] = {
    {"BOOL", 1},    {"U8", 1},      {"I8", 1},          {"U16", 2},        {"I16", 2},
    {"U32", 4},     {"I32", 4},     {"U64", 8},         {"I64", 8},        {"F16", 2},
    {"BF16", 2},    {"F32", 4},     {"F64", 8},         {"C64", 8},        {"F8_E5M2", 1},
    {"F8_E4M3", 1}, {"F8_E8M0", 1}, {"F8_E5M2FNUZ", 1}, {"F8_E4M3FNUZ", 1}};
constexpr std::string_view packed_dtypes[] = {"F4", "F6_E2M3", "F6_E3M2"};
constexpr std::size_t most_axes = 64;                // PyTorch's and NumPy's limit
constexpr std::uint64_t header_limit = 100'000'000;  // the limit of the reference implementation
constexpr std::uint64_t beginning_bytes = 200;       // tell a file of another format

// Collects the header from the events of nlohmann's SAX parser. Each event is legal in one or two
// places only, so nothing nests deeply and nothing illegal is stored.
class Parser {
 public:
  explicit Parser(const FileReader& file) : file_(file) {}

  SafeTensorsHeader header;

  bool start_object(std::size_t) {
    expect(at_ == At::file || at_ == At::header, "an object");
    at_ = at_ == At::file ? At::header : key_ == metadata_key ? At::metadata : At::entry;
    fields_.clear();
    return true;
  }
  bool key(const std::string& key) {
    if (!(at_ == At::header ? names_ : fields_).insert(key).second)
      file_.reject("the header has the key ", in_quotes(key), " twice in one object.");
    if (at_ == At::entry && key != "dtype" && key != "shape" && key != "data_offsets")
      file_.reject("tensor ", in_quotes(header.entries.back().name), " has a field ",
                   in_quotes(key), ", expected dtype, shape and data_offsets only.");
    if (at_ == At::header && key != metadata_key) header.entries.push_back({key, {}, {}, {}});
    key_ = key;
    return true;
  }
  bool end_object() {
    if (at_ == At::entry && fields_.size() != 3)
      file_.reject("tensor ", in_quotes(header.entries.back().name),
                   " lacks one of dtype, shape and data_offsets.");
    at_ = At::header;
    return true;
  }
  bool start_array(std::size_t) {
    expect(at_ == At::entry && !array_ && key_ != "dtype", "an array");
    array_ = key_ == "shape" ? &header.entries.back().shape : &header.entries.back().offsets;
    return true;
  }
  bool end_array() {
    array_ = nullptr;
    return true;
  }
  bool number_unsigned(std::uint64_t number) {
    expect(array_, number);
    if (array_->size() == most_axes)
      file_.reject("tensor ", in_quotes(header.entries.back().name), " has more than ", most_axes,
                   " numbers under the key ", in_quotes(key_), '.');
    array_->push_back(number);
    return true;
  }
  bool string(const std::string& text) {
    expect(at_ == At::metadata || (at_ == At::entry && key_ == "dtype"), in_quotes(text));
    (at_ == At::metadata ? header.metadata[key_] : header.entries.back().dtype) = text;
    return true;
  }
  bool number_integer(std::int64_t number) { return expect(false, number); }
  bool number_float(double, const std::string& text) { return expect(false, in_quotes(text)); }
  bool boolean(bool) { return expect(false, "a boolean"); }
  bool null() { return expect(false, "null"); }
  bool binary(const Json::binary_t&) { return expect(false, "binary data"); }
  bool parse_error(std::size_t position, const std::string&, const Json::exception&) {
    file_.reject("the header is not valid JSON in UTF-8, at its byte ", position, '.');
  }

 private:
  template <class Found>
  bool expect(bool legal, const Found& found) const {
    if (legal) return true;
    file_.reject("the header has ", found, " under the key ", in_quotes(key_), ", expected ",
                 array_                                   ? "whole numbers from 0 up"
                 : at_ == At::header                      ? "an object"
                 : at_ == At::metadata || key_ == "dtype" ? "a string"
                                                          : "an array",
                 '.');
  }

  const FileReader& file_;
  enum class At { file, header, metadata, entry } at_ = At::file;  // the innermost open object
  std::vector<std::uint64_t>* array_ = nullptr;                    // the open array
  std::string key_;
  std::set<std::string> names_, fields_;  // the keys of the header, and of the object within it
};

// Checks that each tensor's type is known, that its number of values matches its shape, and that
// all tensors together leave no gaps and do not overlap. Sorts them by position; returns their
// total size in bytes.
std::uint64_t check_layout(const FileReader& file, std::vector<SafeTensorsEntry>& entries) {
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const SafeTensorsEntry& a, const SafeTensorsEntry& b) { return a.offsets < b.offsets; });
  std::uint64_t last_end = 0;
  for (const auto& [name, dtype, shape, offsets] : entries) {
    const std::string tensor = "tensor " + in_quotes(name);
    if (std::count(std::begin(packed_dtypes), std::end(packed_dtypes), dtype))
      file.reject(tensor, " is of dtype ", dtype,
                  ", which Reel cannot read. Hint: convert it first.");
    std::uint64_t bytes = bytes_of_dtype(dtype);
    if (bytes == 0)
      file.reject(tensor, " is of dtype ", in_quotes(dtype), ", which the format does not have.");
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    for (const std::uint64_t size : shape) {  // ignores zeros: strides may not overflow
      if (size > most / bytes) file.reject(tensor, " has a shape with too many elements.");
      bytes *= std::max<std::uint64_t>(size, 1);
    }
    if (std::count(shape.begin(), shape.end(), 0)) bytes = 0;
    if (offsets.size() != 2 || offsets[0] > offsets[1])
      file.reject(tensor, " has data_offsets which are not a begin and an end.");
    if (offsets[1] - offsets[0] != bytes)
      file.reject(tensor, " has ", offsets[1] - offsets[0], " bytes by its data_offsets, expected ",
                  bytes, " by its shape and dtype.");
    if (offsets[0] != last_end)
      file.reject(tensor, " begins at offset ", offsets[0], ", expected ", last_end,
                  ", where the tensor before it ends.");
    last_end = offsets[1];
  }
  return last_end;
}

}  // namespace

std::size_t bytes_of_dtype(std::string_view dtype) noexcept {
  for (const auto& [name, bytes] : dtypes)
    if (name == dtype) return bytes;
  return 0;
}

SafeTensorsHeader read_safetensors_header(FileReader& file) {
  const std::string prefix = file.read(8);
  if (prefix.size() < 8) file.reject("is ", prefix.size(), " bytes long, expected at least 8.");
  std::uint64_t length;
  std::memcpy(&length, prefix.data(), 8);
  std::string text = file.read(std::min(length, beginning_bytes));
  if (!text.starts_with('{'))
    if (const std::string other = describe_foreign_file(prefix + text); !other.empty())
      file.reject("is ", other);
  if (length == 0 || length > header_limit)
    file.reject("is no safetensors file: it begins with ", in_quotes(prefix),
                ", expected the length of a header, 1 to ", header_limit, '.');
  text += file.read(length - text.size());
  if (text.size() < length)
    file.reject("ends after ", text.size(), " bytes of a header of ", length, '.');
  // nlohmann treats a NUL as the end, and accepts any white space around an object
  if (text[0] != '{' || text[text.find_last_not_of(' ')] != '}' || text.find('\0') != text.npos)
    file.reject("the header is not a JSON object; only spaces may follow it.");
  Parser parser(file);
  Json::sax_parse(text, &parser);
  parser.header.bytes = check_layout(file, parser.header.entries);
  return std::move(parser.header);
}

std::string safetensors_header(const SafeTensorsHeader& header) try {
  // Builds the text entry by entry: nlohmann's ordered objects search all keys at each insertion.
  std::string text = "{";
  const auto add = [&text](std::string_view key, const nlohmann::ordered_json& entry) {
    if (text.size() > 1) text += ',';
    text += Json(key).dump();
    text += ':';
    text += entry.dump();
  };
  if (!header.metadata.empty()) add(metadata_key, header.metadata);
  std::unordered_set<std::string_view> names{metadata_key};
  for (const auto& [name, dtype, shape, offsets] : header.entries) {
    if (!names.insert(name).second)
      fail_usage(safetensors_format, "the name ", in_quotes(name),
                 " is taken, expected one for each tensor.");
    add(name, {{"dtype", dtype}, {"shape", shape}, {"data_offsets", offsets}});
  }
  text += '}';
  text.resize((text.size() + 7) / 8 * 8, ' ');  // the values start at a multiple of 8
  const std::uint64_t length = text.size();
  if (length > header_limit)
    fail_usage(safetensors_format, "the names and metadata exceed ", header_limit, " bytes.");
  text.insert(0, 8, '\0');
  std::memcpy(text.data(), &length, 8);
  return text;
} catch (const Json::exception&) {
  fail_usage(safetensors_format, "a name or metadata is not UTF-8.");
}

}  // namespace reel
