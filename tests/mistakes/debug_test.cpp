// Mistakes that a build without NDEBUG detects, and those that end the program.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/arithmetic.h>

using namespace reel;

namespace {

// The standard error of a process that calls `attempt`, and " (aborted)" if it aborts.
std::string last_words(const std::function<void()>& attempt) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    std::signal(SIGABRT, SIG_DFL);  // doctest catches it
    attempt();
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string text;
  std::array<char, 256> buffer{};
  for (ssize_t n; (n = ::read(ends[0], buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return text + (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? " (aborted)" : "");
}

}  // namespace

TEST_CASE("mistakes: an index out of range") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(x(2, 0), doctest::Contains("out of bounds"), std::runtime_error);
}

TEST_CASE("mistakes: read a gradient before the first backward") {
  const std::string words = last_words([] {
    const Parameter p(zeros({3}), "w");
    static_cast<void>(p.gradient()->size());
  });
  INFO(words);
  CHECK(words.find("the handle is empty: is it a gradient before the first backward?") !=
        std::string::npos);
  CHECK(words.ends_with(" (aborted)"));
}

TEST_CASE("mistakes: a tape that ends on another thread") {
  CHECK(last_words([] {
          auto tape = std::make_unique<Tape>();
          std::thread([&] { tape.reset(); }).join();
        }) == "[tape] ended on another thread than it was made on.\n (aborted)");
}
