// A tape as a picture: Graphviz DOT.
#pragma once

#include <string>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {

/// The options of `to_dot`.
struct DotOptions {
  bool values = false;    ///< print the values; for a large tensor its range
  Var gradients_of = {};  ///< a scalar on the tape: also print its gradient at each node
};

/// The tape as DOT text: one node for each operation, with its shape, and an edge from each input.
/// Parts of a model (see Scope) are framed. Draw it with `dot -Tsvg`. Throws Error as `grad` does.
std::string to_dot(Tape& tape, const DotOptions& options = {});

}  // namespace reel::inline REEL_PRECISION
