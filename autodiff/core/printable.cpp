// Text from files on one line of a message.
#include <algorithm>

#include <reel/autodiff/core/file.h>

namespace reel {

namespace {

// The number of bytes of the UTF-8 character that `text` begins with; 0 if there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80                      ? 1
                             : byte(0) >= 0xC2 && byte(0) < 0xE0 ? 2
                             : byte(0) >= 0xE0 && byte(0) < 0xF0 ? 3
                             : byte(0) >= 0xF0 && byte(0) < 0xF5 ? 4
                                                                 : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  return length;
}

// Control characters, line separators and characters that change the writing direction: U+0000 to
// U+001F, U+007F to U+009F, U+2028 to U+202E, U+2066 to U+2069.
bool is_control(std::string_view character) {
  if (character.size() == 1) return character[0] < 0x20 || character[0] == 0x7F;
  if (character.size() == 2) return character[0] == '\xC2' && character[1] < '\xA0';
  return (character >= "\xE2\x80\xA8" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(1, length));
    text.remove_prefix(character.size());
    if (length > 0 && !is_control(character)) {
      result += character;
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      result.append("\\x") += {digits[byte / 16], digits[byte % 16]};
    }
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 80;
  if (text.size() <= longest) return '"' + printable(text) + '"';
  std::size_t end = longest;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // do not cut a UTF-8 sequence
  return '"' + printable(text.substr(0, end)) + "…\"";
}

}  // namespace reel
