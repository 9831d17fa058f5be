// Runs other programs, without a shell.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace reel::apps {

/// The result of a program that has ended.
struct Finished {
  int exit_code = 0;  ///< 128 + N if signal N ended it
  std::string output, errors;
};

/// Runs a program, which is searched in PATH, with these arguments and no input, and waits for it;
/// calls `waiting` every fifth of a second meanwhile. Throws Error (system) if it cannot be
/// started; the hint is then `package`, how to get it.
Finished run_process(const std::vector<std::string>& command, const char* package,
                     const std::function<void()>& waiting = {});

}  // namespace reel::apps
