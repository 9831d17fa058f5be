// Formats numbers.
#include <reel/autodiff/core/text.h>

namespace reel {

std::string grouped(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

}  // namespace reel
