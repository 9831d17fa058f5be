// A table of mistakes, each with Reel's answer. A row has three parts: an action of a user, in
// words and as code, and the answer to it. The answer is
//   - the whole message of the Error that the code throws, or
//   - "warning: " and the warning that it causes, or
//   - the text that the code returns, if the result itself shows the mistake.
// In it, "…" stands for any text, such as the path of a file. The files of this folder have the
// rows by subject. `compile.sh` has the mistakes that a compiler finds, and those that end a
// program.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <reel/reel.h>

#include "../warnings.h"

namespace reel {

struct Mistake {
  template <class F>
  Mistake(std::string_view action, F code, std::string_view answer)
      : what(action), says(answer), attempt([code = std::move(code)]() mutable -> std::string {
          if constexpr (std::is_same_v<decltype(code()), std::string>)
            return code();
          else
            return static_cast<void>(code()), "";
        }) {}

  std::string_view what, says;
  std::function<std::string()> attempt;
};

/// Reel's answer to a mistake, in the form of `Mistake::says`.
inline std::string answer_to(const Mistake& mistake) {
  const Warnings warnings;
  try {
    const std::string result = mistake.attempt();
    return warnings.got.empty() ? result : "warning: " + warnings.got.front();
  } catch (const Error& error) {
    return error.what();
  }
}

/// Whether `text` equals `pattern`, in which "…" stands for any text.
inline bool matches(std::string_view text, std::string_view pattern) {
  constexpr std::string_view any = "…";
  const std::size_t at = pattern.find(any);
  if (at == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, at))) return false;
  const std::string_view rest = pattern.substr(at + any.size());
  for (std::size_t i = at; i <= text.size(); ++i)
    if (matches(text.substr(i), rest)) return true;
  return false;
}

inline void check_mistakes(std::initializer_list<Mistake> mistakes) {
  for (const Mistake& mistake : mistakes) {
    const std::string answer = answer_to(mistake);
    CHECK_MESSAGE(matches(answer, mistake.says), mistake.what, "\n  says:     ", answer,
                  "\n  expected: ", mistake.says);
    CHECK_MESSAGE(answer.find('\n') == std::string::npos, mistake.what, ": several lines");
  }
}

}  // namespace reel
