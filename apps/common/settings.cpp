// Layers of settings.
#include "settings.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/file.h>

#include "checks.h"
#include "text.h"

namespace reel::apps {
namespace {

// "train", or "data.fetch" for a command of a command.
std::string section_of(const CLI::App& command) {
  const CLI::App* const parent = command.get_parent();
  if (!parent) return {};
  const std::string before = section_of(*parent);
  return before + (before.empty() ? "" : ".") + command.get_name();
}

// The sections of a command and of all commands below it.
std::vector<std::string> sections(const CLI::App& command) {
  std::vector<std::string> names{section_of(command)};
  for (const CLI::App* one : command.get_subcommands({}))
    for (std::string& name : sections(*one)) names.push_back(std::move(name));
  return names;
}

const CLI::App& program_of(const CLI::App& command) {
  return command.get_parent() ? program_of(*command.get_parent()) : command;
}

std::string trimmed(const std::string& text) {
  const char* const space = " \t\r";
  const std::size_t first = text.find_first_not_of(space);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

bool is_quoted(const std::string& value) {
  return value.size() >= 2 && value.front() == '"' && value.back() == '"';
}

// A value without a comment behind it, and without quotes around it.
std::string value_of(const std::string& text) {
  std::string value = trimmed(text);
  if (is_quoted(value)) return value.substr(1, value.size() - 2);
  for (std::size_t i = 1; i < value.size(); ++i)
    if ((value[i] == ';' || value[i] == '#') && (value[i - 1] == ' ' || value[i - 1] == '\t')) {
      value = trimmed(value.substr(0, i));
      return is_quoted(value) ? value.substr(1, value.size() - 2) : value;
    }
  return value;
}

std::string written(const std::string& value) {
  const bool plain = !value.empty() && trimmed(value) == value && !is_quoted(value) &&
                     value.find_first_of(";#") == std::string::npos;
  return plain ? value : '"' + value + '"';
}

// A value that an option which is not set could have: its default, if it has one.
std::string example(const CLI::Option& option) {
  if (option.get_expected_max() == 0) return "false";
  return option.get_default_str().empty() ? option.get_type_name() : option.get_default_str();
}

class Reader {
 public:
  Reader(CLI::App& command, std::string where, std::string source)
      : command_(command), where_(std::move(where)), source_(std::move(source)) {
    for (const CLI::Option* option : settings_of(command))
      options_[key_of(*option)] = command.get_option(option->get_name());
  }

  // Sets all options before it checks one, so that a layer that this one names comes after it.
  void read(const std::string& text) {
    std::istringstream lines(text);
    bool ours = true;
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      line = trimmed(line);
      if (line.empty() || line.front() == ';' || line.front() == '#') continue;
      if (line.front() == '[')
        ours = is_ours(line);
      else if (ours)
        set(line);
    }
    for (const auto& [option, line] : set_) {
      line_ = line;
      if (const auto wrong = refusal(*option))
        reject(key_of(*option), " is ", in_quotes(wrong->value), ", ", wrong->expected, '.');
    }
  }

 private:
  template <class... Parts>
  [[noreturn]] void reject(const Parts&... parts) const {
    fail(Error::Kind::input, where_, source_, ", line ", line_, ": ", parts...);
  }

  bool is_ours(const std::string& line) const {
    if (line.back() != ']') reject(in_quotes(line), " does not end with \"]\".");
    const std::string name = trimmed(line.substr(1, line.size() - 2));
    std::vector<std::string> names = sections(program_of(command_));
    names.erase(names.begin());  // the program itself
    if (std::find(names.begin(), names.end(), name) == names.end())
      reject("no command is called ", in_quotes(name), ". Hint: ", nearest(name, names), '.');
    return name == section_of(command_);
  }

  void set(const std::string& line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos)
      reject(in_quotes(line), " is not of the form key = value, such as seed = 2.");
    const std::string key = trimmed(line.substr(0, equals));
    const auto found = options_.find(key);
    if (found == options_.end()) {
      std::vector<std::string> keys;
      for (const auto& [name, option] : options_) keys.push_back(name);
      reject(in_quotes(key), " is no option of ", section_of(command_),
             ". Hint: ", nearest(key, keys), '.');
    }
    CLI::Option* const option = found->second;
    const auto [earlier, is_first] = lines_.emplace(key, line_);
    if (!is_first)
      reject(key, " is set a second time; the first is in line ", earlier->second, '.');
    if (option->count() > 0) return;  // by a layer before this one
    option->add_result(value_of(line.substr(equals + 1)));
    set_.emplace_back(option, line_);
  }

  CLI::App& command_;
  const std::string where_, source_;
  std::map<std::string, CLI::Option*> options_;
  std::map<std::string, std::size_t> lines_;                    // of the keys
  std::vector<std::pair<CLI::Option*, std::size_t>> set_ = {};  // by this layer, with the line
  std::size_t line_ = 0;
};

}  // namespace

CLI::Option* add_layer(CLI::App& command, const std::string& name, const std::string& description,
                       std::function<Layer(const std::string&)> read) {
  const auto apply = [&command, name, read = std::move(read)](const std::string& value) {
    const Layer layer = read(value);
    Reader(command, name.substr(name.find_first_not_of('-')), layer.source).read(layer.text);
  };
  return command.add_option_function<std::string>(name, apply, description);
}

std::vector<const CLI::Option*> settings_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* option) {
    return option->get_configurable() && !option->get_lnames().empty();
  });
}

std::string key_of(const CLI::Option& option) { return option.get_lnames().front(); }

void add_variables(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    if (!option->get_configurable() && option->get_name() != config_option) continue;
    std::string name = "REEL_";
    for (const char c : key_of(*option))
      name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    option->envname(name);
  }
}

std::string configuration_of(const CLI::App& command, bool comments) {
  std::string text = concat('[', section_of(command), "]\n");
  for (const CLI::Option* option : settings_of(command)) {
    const bool is_set = option->count() > 0;
    if (!is_set && !comments) continue;
    if (comments) {
      text += '\n';
      for (const std::string& line : wrapped(option->get_description(), 78))
        text += "; " + line + '\n';
    }
    std::string value = is_set ? "" : example(*option);
    if (is_set) {
      for (const std::string& one : option->reduced_results())
        value += (value.empty() ? "" : std::string(1, option->get_delimiter())) + one;
      if (value.find('\n') != std::string::npos)
        fail_usage("config", "--", key_of(*option),
                   " has more than one line, which no file of "
                   "--config can say: ",
                   in_quotes(value), '.');
    }
    text += (is_set ? "" : "; ") + key_of(*option) + " = " + written(value) + '\n';
  }
  return text;
}

std::string defaults_of(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : settings_of(command))
    if (const std::string value = option->get_default_str(); !value.empty())
      text += concat(key_of(*option), " = ", written(value), '\n');
  return text;
}

}  // namespace reel::apps
