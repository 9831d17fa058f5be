// Options that several commands refuse in the same way.
#pragma once

#include <string>

#include "commands.h"

namespace reel::mnist {

/// Throws Error (usage) for an option that is given without having an effect: `[option] it has no
/// effect REASON.`
void expect_effect(bool has_effect, bool given, const std::string& option,
                   const std::string& reason);

/// Throws Error (usage) for an option of training that has no effect beside the others.
void expect_effects(const TrainOptions& options);

/// Throws Error (usage or system) if no SVG file can be written for --plot. Empty: not asked for.
void check_plot(const std::string& path);

}  // namespace reel::mnist
