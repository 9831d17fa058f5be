// Formats numbers.
#include <reel/autodiff/core/text.h>

namespace reel {

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string counted(std::size_t number, std::string_view one, std::string_view several) {
  std::string text = grouped(number) + ' ';
  text += number == 1 || several.empty() ? one : several;
  if (number != 1 && several.empty()) text += 's';
  return text;
}

}  // namespace reel
