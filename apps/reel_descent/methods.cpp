// The table of methods, and how it reads the options of a method.
#include "methods.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <optional>
#include <utility>

#include <reel/optim/minimize/bfgs.h>
#include <reel/optim/minimize/conjugate_gradient.h>
#include <reel/optim/minimize/gradient_descent.h>
#include <reel/optim/minimize/lbfgs.h>
#include <reel/optim/minimize/least_squares.h>
#include <reel/optim/minimize/momentum.h>
#include <reel/optim/minimize/newton.h>
#include <reel/optim/minimize/newton_cg.h>
#include <reel/optim/minimize/random_restart.h>
#include <reel/optim/minimize/random_search.h>

#include "../common/text.h"

namespace reel::descent {
namespace {

using apps::nearest;
using optim::LineSearch;
using optim::Method;
constexpr const char* where = "methods";

// The options of one method. A table entry asks for each option by name. This tells which option
// was given, what its default is, and which options exist.
class Options {
 public:
  using Pair = std::pair<std::string, std::string>;

  Options(std::string method, std::vector<Pair> given)
      : method_(std::move(method)), given_(std::move(given)) {}

  double number(const std::string& name, double standard) {
    return maybe_number(name, apps::significant(standard)).value_or(standard);
  }
  std::optional<double> maybe_number(const std::string& name, const std::string& standard) {
    const auto text = take(name, standard);
    if (!text) return {};
    return parse_number(where, method_ + ':' + name, *text);
  }
  std::size_t count(const std::string& name, std::size_t standard) {
    const auto text = take(name, std::to_string(standard));
    return text ? parse_count(where, method_ + ':' + name, *text) : standard;
  }
  std::string word(const std::string& name, const std::string& standard) {
    return take(name, standard).value_or(standard);
  }
  // The first choice is the default.
  template <class Enum>
  Enum choice(const std::string& name,
              std::initializer_list<std::pair<const char*, Enum>> choices) {
    std::string shown;
    std::vector<std::string> words;
    for (const auto& [text, value] : choices) {
      shown += (words.empty() ? "" : "|") + std::string(text);
      words.push_back(text);
    }
    const auto text = take(name, shown);
    if (!text) return choices.begin()->second;
    for (const auto& [known, value] : choices)
      if (*text == known) return value;
    fail_usage(where, method_, ": there is no ", name, " \"", *text,
               "\". Hint: ", nearest(*text, words), '.');
  }

  // The given options with these names that nothing has asked for yet.
  std::vector<Pair> take_all(const std::vector<std::string>& names) {
    std::vector<Pair> taken;
    std::erase_if(given_, [&](const Pair& pair) {
      if (std::find(names.begin(), names.end(), pair.first) == names.end()) return false;
      taken.push_back(pair);
      return true;
    });
    return taken;
  }
  void check_all_taken() const {
    if (given_.empty()) return;
    const std::string& name = given_.front().first;
    if (known_.empty()) fail_usage(where, method_, " has no options, but \"", name, "\" is given.");
    fail_usage(where, method_, " has no option \"", name, "\". Hint: ", nearest(name, names()),
               '.');
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, standard] : known_) all.push_back(name);
    return all;
  }
  const std::vector<Pair>& known() const { return known_; }  // including their defaults

 private:
  std::optional<std::string> take(const std::string& name, const std::string& standard) {
    known_.emplace_back(name, standard);
    const auto found = std::find_if(given_.begin(), given_.end(),
                                    [&](const Pair& pair) { return pair.first == name; });
    if (found == given_.end()) return {};
    std::string text = std::move(found->second);
    given_.erase(found);
    return text;
  }

  std::string method_;
  std::vector<Pair> given_, known_ = {};
};

struct Limits {
  std::size_t iterations;
  std::uint64_t seed;
};

struct Choice {
  std::string name;
  std::function<Method(Options&, const Limits&)> make;
  bool guesses = false;
};

LineSearch any_line_search(Options& o, LineSearch standard) {
  if (standard == LineSearch::none)
    return o.choice<LineSearch>("line_search", {{"none", LineSearch::none},
                                                {"backtracking", LineSearch::backtracking},
                                                {"strong_wolfe", LineSearch::strong_wolfe},
                                                {"exact", LineSearch::exact}});
  return o.choice<LineSearch>("line_search", {{"backtracking", LineSearch::backtracking},
                                              {"strong_wolfe", LineSearch::strong_wolfe},
                                              {"exact", LineSearch::exact},
                                              {"none", LineSearch::none}});
}

LineSearch slope_line_search(Options& o) {
  return o.choice<LineSearch>(
      "line_search", {{"strong_wolfe", LineSearch::strong_wolfe}, {"exact", LineSearch::exact}});
}

Method momentum_of(Options& o, bool nesterov) {
  const optim::MomentumOptions standard;
  using Start = optim::MomentumOptions::Start;
  return optim::momentum(
      {.step = o.number("step", standard.step),
       .momentum = o.number("momentum", standard.momentum),
       .start = o.choice<Start>("start", {{"zero", Start::zero}, {"gradient", Start::gradient}}),
       .nesterov = nesterov});
}

Method conjugate_gradient_of(Options& o) {
  const optim::ConjugateGradientOptions standard;
  using Formula = optim::ConjugateGradientOptions::Formula;
  return optim::conjugate_gradient(
      {.formula = o.choice<Formula>("formula", {{"polak_ribiere", Formula::polak_ribiere},
                                                {"fletcher_reeves", Formula::fletcher_reeves}}),
       .line_search = slope_line_search(o),
       .decrease = o.number("decrease", standard.decrease),
       .curvature = o.number("curvature", standard.curvature)});
}

Method bfgs_of(Options& o) {
  const optim::BfgsOptions standard;
  return optim::bfgs({.line_search = slope_line_search(o),
                      .decrease = o.number("decrease", standard.decrease),
                      .curvature = o.number("curvature", standard.curvature)});
}

Method lbfgs_of(Options& o) {
  const optim::LbfgsMethodOptions standard;
  return optim::lbfgs({.memory = o.count("memory", standard.memory),
                       .line_search = slope_line_search(o),
                       .decrease = o.number("decrease", standard.decrease),
                       .curvature = o.number("curvature", standard.curvature)});
}

Method newton_cg_of(Options& o) {
  const optim::NewtonCgOptions standard;
  return optim::newton_cg(
      {.radius = o.number("radius", standard.radius),
       .largest_radius = o.number("largest_radius", standard.largest_radius),
       .least_agreement = o.number("least_agreement", standard.least_agreement)});
}

Method random_restart_of(Options& o, const Limits& limits);

const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{
      {"gradient_descent",
       [](Options& o, const Limits&) {
         return optim::gradient_descent(
             {.step = o.number("step", optim::GradientDescentOptions{}.step),
              .line_search = any_line_search(o, LineSearch::none)});
       }},
      {"momentum", [](Options& o, const Limits&) { return momentum_of(o, false); }},
      {"nesterov", [](Options& o, const Limits&) { return momentum_of(o, true); }},
      {"conjugate_gradient", [](Options& o, const Limits&) { return conjugate_gradient_of(o); }},
      {"bfgs", [](Options& o, const Limits&) { return bfgs_of(o); }},
      {"lbfgs", [](Options& o, const Limits&) { return lbfgs_of(o); }},
      {"newton", [](Options&, const Limits&) { return optim::newton(); }},
      {"damped_newton",
       [](Options& o, const Limits&) {
         return optim::damped_newton(
             {.line_search = any_line_search(o, LineSearch::backtracking),
              .floor = o.number("floor", optim::DampedNewtonOptions{}.floor)});
       }},
      {"newton_cg", [](Options& o, const Limits&) { return newton_cg_of(o); }},
      {"gauss_newton", [](Options&, const Limits&) { return optim::gauss_newton(); }},
      {"levenberg_marquardt",
       [](Options& o, const Limits&) {
         return optim::levenberg_marquardt(
             {.damping = o.number("damping", optim::LevenbergMarquardtOptions{}.damping)});
       }},
      {"random_search",
       [](Options& o, const Limits& limits) {
         return optim::random_search(
             {.deviation = o.number("deviation", optim::RandomSearchOptions{}.deviation),
              .low = o.maybe_number("low", "X"),
              .high = o.maybe_number("high", "X"),
              .seed = limits.seed});
       },
       true},
      {"hill_climbing",
       [](Options& o, const Limits& limits) {
         return optim::hill_climbing(
             {.deviation = o.number("deviation", optim::HillClimbingOptions{}.deviation),
              .seed = limits.seed});
       },
       true},
      {"random_restart", random_restart_of}};
  return all;
}

const Choice& choice_of(const std::string& name) {
  std::vector<std::string> names;
  for (const Choice& choice : choices()) {
    if (choice.name == name) return choice;
    names.push_back(choice.name);
  }
  fail_usage(where, "there is no \"", name, "\". Hint: ", nearest(name, names), '.');
}

Method make(const Choice& choice, Options& options, const Limits& limits) {
  Method method = choice.make(options, limits);
  options.check_all_taken();
  return method;
}

Method random_restart_of(Options& o, const Limits& limits) {
  const optim::RandomRestartOptions standard;
  const Choice& inner = choice_of(o.word("of", "momentum"));
  if (inner.name == "random_restart")
    fail_usage(where, "random_restart can't restart itself. Hint: of=momentum.");
  Options defaults(inner.name, {});
  inner.make(defaults, limits);
  Options own(inner.name, o.take_all(defaults.names()));
  Method method = make(inner, own, limits);
  method.iterations = limits.iterations;
  return optim::random_restart(std::move(method),
                               {.restarts = o.count("restarts", standard.restarts),
                                .deviation = o.number("deviation", standard.deviation),
                                .seed = limits.seed});
}

std::vector<Options::Pair> parse_options(const std::vector<std::string>& parts) {
  std::vector<Options::Pair> options;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == parts[i].size())
      fail_usage(where, parts[0], ": \"", parts[i], "\" is not of the form option=value.");
    options.emplace_back(parts[i].substr(0, equals), parts[i].substr(equals + 1));
    for (std::size_t k = 0; k + 1 < options.size(); ++k)
      if (options[k].first == options.back().first)
        fail_usage(where, parts[0], ": ", options.back().first, " is given twice.");
  }
  return options;
}

template <class T>
bool read(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && last == end;
}

}  // namespace

std::vector<Entrant> parse_methods(const std::string& text, std::size_t iterations,
                                   std::uint64_t seed) {
  std::vector<Entrant> entrants;
  for (const std::string& one : split(text, ',')) {
    if (one.empty()) fail_usage(where, "a name is missing in \"", text, "\".");
    for (const Entrant& other : entrants)
      if (other.name == one) fail_usage(where, one, " is given twice.");
    const std::vector<std::string> parts = split(one, ':');
    const Choice& choice = choice_of(parts[0]);
    Options options(choice.name, parse_options(parts));
    Method method = make(choice, options, {iterations, seed});
    if (choice.name != "random_restart") method.iterations = iterations;
    entrants.push_back({one, std::move(method), choice.guesses});
  }
  return entrants;
}

std::string methods_help() {
  std::string text;
  for (const Choice& choice : choices()) {
    Options options(choice.name, {});
    choice.make(options, {1, 0});
    std::string words;
    for (const auto& [name, standard] : options.known())
      words += (words.empty() ? "" : " ") + name + '=' + standard;
    const std::vector<std::string> lines = apps::wrapped(words, 55);
    text += "  " + (lines.empty() ? choice.name : apps::padded(choice.name, 21) + lines[0]) + '\n';
    for (std::size_t i = 1; i < lines.size(); ++i) text += std::string(23, ' ') + lines[i] + '\n';
  }
  return text;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t from = 0, to = 0; to != std::string::npos; from = to + 1) {
    to = text.find(separator, from);
    const std::string part = text.substr(from, to == std::string::npos ? to : to - from);
    const std::size_t first = part.find_first_not_of(' '), last = part.find_last_not_of(' ');
    parts.push_back(first == std::string::npos ? "" : part.substr(first, last - first + 1));
  }
  return parts;
}

double parse_number(const char* option, const std::string& what, const std::string& text) {
  double value = 0;
  if (!read(text, value) || !std::isfinite(value))
    fail_usage(option, what, ": \"", text, "\" is not a finite number.");
  return value;
}

std::size_t parse_count(const char* option, const std::string& what, const std::string& text) {
  std::size_t value = 0;
  if (!read(text, value))
    fail_usage(option, what, ": \"", text, "\" is not a whole number of 0 or more.");
  return value;
}

}  // namespace reel::descent
