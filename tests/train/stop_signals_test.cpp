// Signals that ask a program to end: recorded once, held during a save, unchanged if ignored.
#include <reel/train/stop_signals.h>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

namespace {

// The wait status of a child process that makes this call with default signal actions.
int status_of(const std::function<void()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : reel::StopSignals::signals) std::signal(signal, SIG_DFL);
    call();
    ::_exit(reel::StopSignals::received());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("signals: the first one is noted, a second SIGINT ends the program") {
  const int noted = status_of([] {
    const reel::StopSignals signals;
    std::raise(SIGHUP);
    std::raise(SIGHUP);
    std::raise(SIGINT);
  });
  REQUIRE(WIFEXITED(noted));
  CHECK(WEXITSTATUS(noted) == SIGHUP);
  const int ended = status_of([] {
    const reel::StopSignals signals;
    std::raise(SIGINT);
    std::raise(SIGINT);
  });
  REQUIRE(WIFSIGNALED(ended));
  CHECK(WTERMSIG(ended) == SIGINT);
}

TEST_CASE(
    "signals: while a file is saved a second one does not end the program, and after it does") {
  const auto interrupted = [](bool after) {
    return status_of([after] {
      const reel::StopSignals signals;
      std::raise(SIGINT);
      {
        const reel::StopSignals::Hold hold;
        std::raise(SIGINT);
        std::raise(SIGINT);
        std::raise(SIGTERM);
      }
      if (after) std::raise(SIGINT);
    });
  };
  const int held = interrupted(false), ended = interrupted(true);
  REQUIRE(WIFEXITED(held));
  CHECK(WEXITSTATUS(held) == SIGINT);
  REQUIRE(WIFSIGNALED(ended));
  CHECK(WTERMSIG(ended) == SIGINT);
}

TEST_CASE("signals: one that is ignored from the start stays ignored") {
  const int status = status_of([] {
    std::signal(SIGINT, SIG_IGN);
    const reel::StopSignals signals;
    const reel::StopSignals::Hold hold;
    std::raise(SIGINT);
  });
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("signals: with the object the handlers end, and a new one forgets the signal before") {
  const int ended = status_of([] {
    { const reel::StopSignals signals; }
    std::raise(SIGTERM);
  });
  REQUIRE(WIFSIGNALED(ended));
  CHECK(WTERMSIG(ended) == SIGTERM);
  const int again = status_of([] {
    {
      const reel::StopSignals signals;
      std::raise(SIGINT);
    }
    const reel::StopSignals signals;
    std::raise(SIGTERM);
  });
  REQUIRE(WIFEXITED(again));
  CHECK(WEXITSTATUS(again) == SIGTERM);
}
