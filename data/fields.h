// Cuts a table of text into lines and fields.
#pragma once

#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/file.h>

namespace reel::csv {

/// A table (RFC 4180), line by line: fields may be in double quotes; lines end with LF or CRLF;
/// empty lines and a byte order mark are skipped; blanks around a field are left out.
class Fields {
 public:
  /// Throws as FileReader does, and with kind input if there is no line.
  Fields(const std::filesystem::path& path, char separator);

  /// Cuts the next line that is not empty into fields; false at the end of the file. Throws
  /// Error(input) if a quote is never closed, or if a text follows the closing quote.
  bool next();

  /// The fields of the current line; valid until the next call of next().
  const std::vector<std::string_view>& fields() const noexcept { return fields_; }
  /// The number of the current line, from 1; of its first line if a field has line breaks.
  std::size_t line() const noexcept { return line_; }
  /// The entire file.
  std::string_view text() const noexcept { return text_; }

  /// Throws Error(input) with the message `[csv] /absolute/path: parts…`.
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    file_.reject(parts...);
  }

 private:
  std::string_view next_field();
  std::string_view next_quoted();

  FileReader file_;
  char separator_;
  std::string text_;
  std::string_view rest_;  // of the text
  std::size_t line_ = 0, next_line_number_ = 1;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // the fields that had two quotes for one
};

/// Whether a field is a number. `value` is infinite if it is out of range.
bool is_number(std::string_view text, double& value);

/// Whether a field is a class label: a whole number from 0, of at most nine digits.
bool is_label(std::string_view text);

}  // namespace reel::csv
