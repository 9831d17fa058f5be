// Text for users: numbers and columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/text.h>

namespace reel::apps {

/// "84.03 %"; "–" for NaN.
std::string percent(double share);
/// "0.42 s", "12.3 s", "2 min 5 s", "1 h 3 min".
std::string duration(double seconds);
/// With at most `digits` significant digits: "0.25", "1e-05", "nan".
std::string significant(double value, int digits = 6);
/// The shortest text that reads back as the same number.
std::string shortest_text(double value);
/// The number of characters in a UTF-8 text, without the codes that colour it.
std::size_t width_of(std::string_view text);
/// `text` padded with spaces to a width in characters, on the left if `right_aligned`.
std::string padded(const std::string& text, std::size_t width, bool right_aligned = false);
/// `text` itself, or its first characters and `…` if it has more than `width`, and no colours.
std::string cut(const std::string& text, std::size_t width);
/// A bar of `width` blocks, or of as many as `share` of that is, rounded.
std::string bar(double share, std::size_t width);
/// "weight-decay" for "weight_decay".
std::string with_dashes(std::string name);
/// The words of a text in lines of at most this width, if each word fits. A % sign stays with its
/// number.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);
/// The same, as one text with a newline after each line.
std::string paragraph(const std::string& text, std::size_t width);
/// The text in small letters (of ASCII alone).
std::string lower_case(std::string_view text);
/// "a, b, c"; with " or " as the last separator "a, b or c".
std::string listed(const std::vector<std::string>& names, const std::string& last = ", ");
/// Up to three names that are similar to a mistyped one, the most similar first. Capital and small
/// letters are the same.
std::vector<std::string> similar(std::string_view name, const std::vector<std::string>& names);
/// These as text, such as "rprop, rmsprop"; all names if none is similar.
std::string nearest(std::string_view name, const std::vector<std::string>& names);

}  // namespace reel::apps
