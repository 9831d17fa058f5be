// Options that several commands refuse in the same way.
#pragma once

#include <initializer_list>
#include <string>

#include "commands.h"

namespace reel::mnist {

/// Throws Error (usage) for an option that is given without having an effect: `[option] it has no
/// effect REASON.`
void expect_effect(bool has_effect, bool given, const std::string& option,
                   const std::string& reason);

/// Throws Error (usage) for an option of training that has no effect beside the others.
void expect_effects(const TrainOptions& options);

/// An option that names a file; an empty path: it is not given.
struct NamedFile {
  const char* option;
  const std::string& path;
};
/// Throws Error (usage) if two of these options of a command name the same file.
void expect_different_files(const char* command, std::initializer_list<NamedFile> files);

/// Throws Error (usage or system) if no SVG file can be written for --plot. Empty: not asked for.
void check_plot(const std::string& path);

}  // namespace reel::mnist
