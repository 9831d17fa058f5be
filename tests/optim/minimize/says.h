// Why a search ended.
#pragma once

#include <string>

#include <reel/optim/minimize/minimize.h>

namespace reel::inline REEL_PRECISION {
namespace optim {

/// Whether the message of the result contains the text.
inline bool says(const Result& result, const std::string& text) {
  return result.message.find(text) != std::string::npos;
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
