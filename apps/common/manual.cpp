// Manual pages.
#include "manual.h"

#include <cctype>
#include <iomanip>
#include <sstream>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "description.h"
#include "help.h"

namespace reel::apps {
namespace {

// A text as roff reads it: characters that mean something to it, and characters outside ASCII, get
// their names.
std::string escaped(const std::string& text) {
  std::ostringstream out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool at_start = i == 0 || text[i - 1] == '\n';
    if (byte == '\\')
      out << "\\e";
    else if (byte == '-')
      out << "\\-";
    else if (at_start && (byte == '.' || byte == '\''))
      out << "\\&" << text[i];
    else if (byte < 0x80)
      out << text[i];
    else {  // UTF-8
      const int rest = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
      unsigned code = byte & (0x3Fu >> rest);
      for (int k = 0; k < rest && i + 1 < text.size(); ++k)
        code = code << 6 | (static_cast<unsigned char>(text[++i]) & 0x3Fu);
      out << "\\[u" << std::hex << std::uppercase << std::setw(4) << std::setfill('0') << code
          << std::dec << ']';
    }
  }
  return out.str();
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

// Paragraphs, and lines that begin with a space: examples, which stay as they are.
std::string notes(const std::string& text) {
  std::string page;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    page += line.starts_with(' ') ? ".nf\n" + escaped(line) + "\n.fi\n"
                                  : ".br\n" + escaped(line) + '\n';
  return page;
}

std::string section(const std::string& title, const std::string& text) {
  return text.empty() ? "" : ".SH " + title + '\n' + text;
}

// "reel-mnist-train(1)"
std::string page_name(const CLI::App& app) { return bold(full_name(app, "-")) + "(1)"; }

std::string synopsis(CLI::App& app) {
  std::string text = bold(full_name(app));
  for (const Described& option : options_of(app))
    if (option.required) text += ' ' + bold(option.name) + ' ' + italic(option.value);
  text += " [" + italic("options") + ']';
  for (const Described& argument : arguments_of(app))
    text += argument.required ? ' ' + italic(argument.value) : " [" + italic(argument.value) + ']';
  if (!commands_of(app).empty()) text += ' ' + italic("command") + " [" + italic("options") + ']';
  return text + '\n';
}

std::string items(const std::vector<Described>& all) {
  std::string text;
  for (const Described& option : all) {
    const bool is_argument = !option.name.starts_with('-');
    text += ".TP\n" + (option.short_name.empty() ? "" : bold(option.short_name) + ", ") +
            (is_argument ? "" : bold(option.name) + (option.value.empty() ? "" : " ")) +
            (option.value.empty() ? "" : italic(option.value)) + '\n' + escaped(option.text) +
            ".\n";
    if (!option.default_value.empty())
      text += "The default is " + escaped(option.default_value) + ".\n";
    const std::string choices = CLI::detail::join(option.choices, ", ");
    if (option.text.find(choices) == std::string::npos)  // an empty text is always found
      text += ".br\nOne of " + escaped(choices) + ".\n";
  }
  return text;
}

std::string variables(CLI::App& app) {
  std::string text;
  for (const Described& option : options_of(app))
    if (!option.variable.empty())
      text += ".TP\n" + bold(option.variable) + "\nAs " + bold(option.name) + ".\n";
  return text;
}

std::string commands(CLI::App& app) {
  std::string text;
  for (const CLI::App* command : commands_of(app))
    text += ".TP\n" + page_name(*command) + '\n' + escaped(command->get_description()) + ".\n";
  return text;
}

std::string see_also(CLI::App& app) {
  std::vector<std::string> pages;
  if (app.get_parent()) pages.push_back(page_name(*app.get_parent()));
  for (const CLI::App* command : commands_of(app)) pages.push_back(page_name(*command));
  return pages.empty() ? "" : CLI::detail::join(pages, ", ") + '\n';
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string manual(CLI::App& app, const std::string& version) {
  const std::string name = full_name(app, "-");
  std::string description = app.get_description();
  if (description.ends_with('.')) description.pop_back();
  return concat(".TH ", escaped(upper(name)), " 1 \"\" \"Reel ", escaped(version), "\"\n.ad l\n",
                section("NAME", escaped(name + " ") + "\\- " + escaped(description) + '\n'),
                section("SYNOPSIS", synopsis(app)), section("COMMANDS", commands(app)),
                section("ARGUMENTS", items(arguments_of(app))),
                section("OPTIONS", items(options_of(app))),
                section("NOTES", notes(app.get_footer())),
                section("ENVIRONMENT", escaped(other_settings(app)) + variables(app)),
                section("EXIT STATUS", escaped(exit_codes)), section("SEE ALSO", see_also(app)));
}

}  // namespace reel::apps
