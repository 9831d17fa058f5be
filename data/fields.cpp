// The grammar of CSV.
#include <reel/data/fields.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>

namespace reel::csv {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

Fields::Fields(const std::filesystem::path& path, char separator)
    : file_(path, "csv"), separator_(separator), text_(file_.read(std::size_t(-1))), rest_(text_) {
  if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a byte order mark
  if (!next()) reject("is empty, expected a table.");
}

bool Fields::next() {
  fields_.clear();
  unquoted_.clear();
  while (rest_.starts_with('\n') || rest_.starts_with("\r\n")) {
    rest_.remove_prefix(rest_.starts_with('\n') ? 1 : 2);
    ++next_line_number_;
  }
  line_ = next_line_number_;
  if (rest_.empty()) return false;
  for (;;) {
    fields_.push_back(next_field());
    if (!rest_.starts_with(separator_)) break;
    rest_.remove_prefix(1);
  }
  if (rest_.starts_with('\r')) rest_.remove_prefix(1);
  if (rest_.starts_with('\n')) rest_.remove_prefix(1);
  ++next_line_number_;
  return true;
}

// The text up to the next separator or the end of the line.
std::string_view Fields::next_field() {
  if (rest_.starts_with('"')) return next_quoted();
  const auto end = std::find_if(rest_.begin(), rest_.end(),
                                [this](char c) { return c == separator_ || c == '\n'; });
  const std::string_view field(rest_.begin(), end);
  rest_.remove_prefix(field.size());
  const bool ends_line = !rest_.starts_with(separator_);
  return trimmed(ends_line && field.ends_with('\r') ? field.substr(0, field.size() - 1) : field);
}

// A field in quotes, in which two quotes stand for one.
std::string_view Fields::next_quoted() {
  std::string_view field;
  for (std::string* joined = nullptr;;) {
    const std::size_t quote = rest_.find('"', 1);
    if (quote == rest_.npos) reject("line ", line_, ": a quote is never closed.");
    const std::string_view part = rest_.substr(1, quote - 1);
    rest_.remove_prefix(quote + 1);
    const bool goes_on = rest_.starts_with('"');
    if (goes_on && !joined) joined = &unquoted_.emplace_back();
    if (joined) *joined += part;
    field = joined ? std::string_view(*joined) : part;
    if (!goes_on) break;
    *joined += '"';
  }
  next_line_number_ += static_cast<std::size_t>(std::count(field.begin(), field.end(), '\n'));
  if (!(rest_.empty() || rest_.starts_with(separator_) || rest_.starts_with('\n') ||
        rest_.starts_with("\r\n")))
    reject("line ", line_, ": there is text after the closing quote of ", in_quotes(field), '.');
  return field;
}

bool is_number(std::string_view text, double& value) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range) value = std::numeric_limits<double>::infinity();
  return error != std::errc::invalid_argument && stop == end;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace reel::csv
