// The progress line: in terminals of several widths, and in a file.
#include <reel/train/progress.h>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <reel/autodiff/core/terminal.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

// A variable of the environment with another value, or none, while it is alive.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* const old = std::getenv(name)) old_ = old;
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Variable() { old_ ? ::setenv(name_, old_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

// All that a call writes to standard error, which is a pipe, or a terminal of `columns`.
std::string written(std::size_t columns, const std::function<void()>& call) {
  const Variable term("TERM", "xterm"), width("COLUMNS", nullptr);
  int reader = -1, writer = -1;
  if (columns > 0) {
    reader = ::posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(reader >= 0);
    REQUIRE(::grantpt(reader) == 0);
    REQUIRE(::unlockpt(reader) == 0);
    writer = ::open(::ptsname(reader), O_RDWR | O_NOCTTY);
    REQUIRE(writer >= 0);
    winsize size{};
    size.ws_col = static_cast<unsigned short>(columns);
    REQUIRE(::ioctl(writer, TIOCSWINSZ, &size) == 0);
  } else {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    reader = ends[0];
    writer = ends[1];
  }
  std::string text;
  std::thread drain([&] {  // a terminal holds a few thousand bytes; a writer waits for its reader
    char part[4096];
    for (ssize_t bytes; (bytes = ::read(reader, part, sizeof part)) > 0;)
      text.append(part, static_cast<std::size_t>(bytes));
  });
  const int error = ::dup(STDERR_FILENO);
  ::dup2(writer, STDERR_FILENO);
  call();
  ::dup2(error, STDERR_FILENO);
  ::close(error);
  ::close(writer);  // ends the reading
  drain.join();
  ::close(reader);
  return text;
}

// The texts between carriage returns and newlines, without spaces at their ends.
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found(1);
  for (const char c : text)
    if (c == '\r' || c == '\n')
      found.emplace_back();
    else
      found.back() += c;
  for (std::string& line : found) line.resize(line.find_last_not_of(' ') + 1);
  std::erase(found, "");
  return found;
}

// An epoch of 100 batches of 10 samples, which takes this many seconds.
void epoch(ProgressLine& line, std::size_t number, double seconds, double loss = 0.25) {
  for (std::size_t batch = 1; batch <= 100; ++batch)
    line(Progress{number, batch, 100, 10 * batch, seconds * static_cast<double>(batch) / 100,
                  loss * (batch % 2 ? 0 : 2)});
}

TEST_CASE("progress: a line for each width of a terminal") {
  const std::pair<std::size_t, std::string> expected[] = {
      {200,
       "epoch 3/10 [############............................] 30 %, loss 0.25, 1:25 left, "
       "90 samples/s"},
      {80, "epoch 3/10 [#######..................] 30 %, loss 0.25, 1:25 left, 90 samples/s"},
      {60, "epoch 3/10 30 %, loss 0.25, 1:25 left, 90 samples/s"},
      {40, "epoch 3/10 30 %, loss 0.25, 1:25 left"},
      {30, "epoch 3/10 30 %, loss 0.25"},
      {12, "epoch 3/10 "},
  };
  for (const auto& one_width : expected) {
    const std::size_t columns = one_width.first;  // clang 14 captures no structured binding
    const std::string& text = one_width.second;
    CAPTURE(columns);
    const std::string all = written(columns, [] {
      ProgressLine line(10);
      epoch(line, 3, 11);
    });
    const auto drawn = lines(all);
    REQUIRE(drawn.size() == 100);  // one each tenth of a second
    CHECK(drawn[29] == text.substr(0, text.find_last_not_of(' ') + 1));
    for (const std::string& one : drawn) CHECK(one.size() < columns);
    CHECK(all.find('\n') == std::string::npos);
    CHECK(all.ends_with(' ' + std::string("\r")));  // nothing is left
  }
}

TEST_CASE("progress: the loss is the mean over the epoch, and begins again with the next one") {
  const auto drawn = lines(written(80, [] {
    ProgressLine line(2);
    epoch(line, 1, 11, 0.25);
    epoch(line, 2, 11, 4);
  }));
  REQUIRE(drawn.size() == 200);
  CHECK(drawn[99].find("100 %, loss 0.25, 0:11 left") != std::string::npos);
  CHECK(drawn[199].find("100 %, loss 4, 0:00 left") != std::string::npos);
}

TEST_CASE("progress: the time that is left does not count batches before the run was resumed") {
  const auto drawn = lines(written(80, [] {
    ProgressLine line(1);
    line(Progress{1, 91, 100, 10, 2, 1});
  }));
  REQUIRE(drawn.size() == 1);
  CHECK(drawn[0].find("91 %, loss 1, 0:18 left, 5 samples/s") != std::string::npos);
}

TEST_CASE("progress: strange numbers") {
  const double infinite = std::numeric_limits<double>::infinity();
  const auto drawn = lines(written(80, [&] {
    ProgressLine line(1'000'000'000);
    line(Progress{1, 1, 1000, 64, 0, infinite});
    line(Progress{2, 1, 1000, 64, 1e7, std::numeric_limits<double>::quiet_NaN()});
    line(Progress{3, 1, 1000, 64, 4000, 1e-30});
  }));
  REQUIRE(drawn.size() == 3);
  CHECK(drawn[0].find("loss inf, 0:00 left") != std::string::npos);
  CHECK(drawn[0].find("samples/s") == std::string::npos);
  CHECK(drawn[1].find("loss nan, ? left") != std::string::npos);
  CHECK(drawn[2].find("loss 1e-30, ? left") != std::string::npos);
  for (const std::string& one : drawn) CHECK(one.size() < 80);
}

TEST_CASE("progress: without a terminal, a line at each tenth of an epoch after five seconds") {
  const auto in_pipe = [](double seconds, std::size_t epochs) {
    return lines(written(0, [&] {
      ProgressLine line(epochs);
      for (std::size_t e = 1; e <= epochs; ++e) epoch(line, e, seconds);
      line(EvaluationProgress{1, 1});
    }));
  };
  CHECK(in_pipe(4.9, 3).empty());
  const auto ten = in_pipe(100, 2);
  REQUIRE(ten.size() == 18);
  CHECK(ten[2].find("epoch 1/2 [") == 0);
  CHECK(ten[2].ends_with("] 30 %, loss 0.25, 2:50 left, 10 samples/s"));
  CHECK(ten[17].find("] 90 %, ") != std::string::npos);
  const auto few = in_pipe(10, 1);
  REQUIRE(few.size() == 5);  // at 50, 60, … 90 %
  CHECK(few[0].find("] 50 %, ") != std::string::npos);
}

TEST_CASE("progress: an evaluation of more than 0.2 seconds has a bar") {
  const auto drawn = lines(written(60, [] {
    ProgressLine line(3);
    line(Progress{2, 1, 1, 10, 1, 1});
    line(EvaluationProgress{1, 4});
    line(EvaluationProgress{2, 4});
    ::usleep(210'000);
    line(EvaluationProgress{3, 4});
    line(EvaluationProgress{4, 4});  // too soon after the last one
  }));
  REQUIRE(drawn.size() == 2);
  CHECK(drawn[1] == "epoch 2/3 evaluating [#######################........] 75 %");
  const auto alone = lines(written(40, [] {
    ProgressLine line;
    line(EvaluationProgress{1, 2});
    ::usleep(210'000);
    line(EvaluationProgress{2, 2});
  }));
  REQUIRE(alone.size() == 1);
  CHECK(alone[0] == "evaluating [####################] 100 %");
}

TEST_CASE("progress: a terminal that is dumb is none, and COLUMNS is its width") {
  CHECK(written(80, [] {
          const Variable term("TERM", "dumb");
          ProgressLine line(10);
          epoch(line, 1, 4);
        }).empty());
  const auto narrow = lines(written(80, [] {
    const Variable columns("COLUMNS", "40");
    ProgressLine line(10);
    epoch(line, 1, 1);
  }));
  REQUIRE(!narrow.empty());
  for (const std::string& one : narrow) CHECK(one.size() < 40);
}

TEST_CASE("terminal: width and colours") {
  const Variable none("COLUMNS", nullptr), no_color("NO_COLOR", nullptr), term("TERM", "xterm");
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  CHECK(terminal_width(ends[1]) == 80);
  CHECK(!is_terminal(ends[1]));
  CHECK(!has_colours(ends[1]));
  for (const auto& [columns, width] : {std::pair("40", 40u), {"0", 80u}, {"x", 80u}, {"-3", 80u}}) {
    const Variable set("COLUMNS", columns);
    CHECK(terminal_width(ends[1]) == width);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  const auto in_terminal = [](const char* variable, const char* value) {
    bool terminal = false, colours = false;
    static_cast<void>(written(100, [&] {
      const Variable set(variable, value);
      terminal = is_terminal(STDERR_FILENO);
      colours = has_colours(STDERR_FILENO);
      CHECK(terminal_width(STDERR_FILENO) == 100);
    }));
    return std::pair(terminal, colours);
  };
  CHECK(in_terminal("TERM", "xterm") == std::pair(true, true));
  CHECK(in_terminal("TERM", "dumb") == std::pair(false, false));
  CHECK(in_terminal("TERM", nullptr) == std::pair(false, false));
  CHECK(in_terminal("NO_COLOR", "1") == std::pair(true, false));
  CHECK(in_terminal("NO_COLOR", "") == std::pair(true, true));
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
