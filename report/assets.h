// The style sheets and the script of the pages: the text of the files page.css, drawing.css and
// drawing.js, which cmake/embed.cmake puts into the library.
#pragma once

#include <string_view>

namespace reel::html {

extern const std::string_view page_css;     ///< of all pages
extern const std::string_view drawing_css;  ///< of the drawing board
extern const std::string_view drawing_js;   ///< the same: its behaviour

}  // namespace reel::html
