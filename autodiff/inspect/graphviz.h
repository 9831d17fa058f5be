// A tape as a picture: Graphviz DOT.
#pragma once

#include <string>

#include <reel/autodiff/engine/tape.h>

namespace reel::inline REEL_PRECISION {

struct DotOptions {
  bool values = false;    ///< print them; of a large tensor, its range
  Var gradients_of = {};  ///< a scalar on the tape: print its gradient by each node as well
};

/// The recorded operations with their shapes, a node each, and an edge from each input; parts of a
/// model (see Scope) are framed. Draw it with `dot -Tsvg`. Throws Error as `grad` does.
std::string to_dot(Tape& tape, const DotOptions& options = {});

}  // namespace reel::inline REEL_PRECISION
