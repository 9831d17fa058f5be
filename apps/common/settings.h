// The settings of a command in layers: the command line before the environment, before a file of
// `--config`, before texts of the program (a recipe, the configuration in a checkpoint), before the
// defaults. Every layer is a list of options and values, and CLI11 checks them all alike.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace reel::apps {

/// The option of every command that names a file of settings.
inline constexpr const char* config_option = "--config";

/// A text of settings: lines `key = value`, where a key is the long name of an option without the
/// dashes.
///
/// Lines below `[train]` belong to this command alone (`[data.fetch]`, for a command of a command).
/// Lines above all such headings belong to each command that reads the text. Lines that are empty
/// or begin with `;` or `#` are ignored, and in a line the text after a space and one of these.
/// Quotes around a value keep spaces, `;` and `#`.
struct Layer {
  std::string text;
  std::string source;  ///< for messages, such as the path of the file
};

/// Adds an option whose value leads to a layer, such as the name of a file. If the option is given,
/// `read` gets its value, and the layer that it returns sets the options that are not yet set. So
/// call it for the layers in the order of their precedence, and before the command's other options.
/// Throws Error (input) for a line of another form, a key that is no option, and a value that its
/// option does not take: `[name] source, line 3: …`.
CLI::Option* add_layer(CLI::App& command, const std::string& name, const std::string& description,
                       std::function<Layer(const std::string&)> read);

/// The options that a layer may set: all with a long name, except --help and such.
std::vector<const CLI::Option*> settings_of(const CLI::App& command);
/// The long name of an option without the dashes: its key in a layer.
std::string key_of(const CLI::Option& option);

/// Lets each option be set by a variable of the environment, "REEL_BATCH_NORM" for --batch-norm,
/// and the file of --config by REEL_CONFIG. Call it when the command has all its options.
void add_variables(CLI::App& command);

/// The options that are set in some layer, and their values, as a layer that sets the same. With
/// `comments`, the others too: each as a comment with its default, and all with their descriptions.
/// Throws Error (usage) for a value that has more than one line.
std::string configuration_of(const CLI::App& command, bool comments = false);

/// The defaults of the options that have one, as a layer that sets them.
std::string defaults_of(const CLI::App& command);

}  // namespace reel::apps
