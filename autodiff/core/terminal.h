// The width and the colours of the user's terminal.
#pragma once

#include <cstddef>

namespace reel {

/// Whether a file descriptor leads to a terminal on which text can be overwritten and coloured. A
/// terminal whose TERM is missing or "dumb" counts as none.
bool is_terminal(int descriptor);

/// Whether to write colours: it is a terminal, and NO_COLOR is not set (https://no-color.org).
bool has_colours(int descriptor);

/// How many columns a line of output may have: COLUMNS of the environment if it is a number from 1
/// up; if not, the width of the terminal; 80 if it is no terminal.
std::size_t terminal_width(int descriptor);

}  // namespace reel
