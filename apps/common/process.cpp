// posix_spawn, and the pipes from its child.
#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <reel/autodiff/core/error.h>

extern char** environ;

namespace reel::apps {
namespace {

constexpr int milliseconds_between_calls = 200;

// A pipe whose ends are closed with it, and in programs that are started.
struct Pipe {
  explicit Pipe(const std::string& program) {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      fail(Error::Kind::system, program, "cannot make a pipe: ", std::strerror(errno), '.');
  }
  ~Pipe() {
    close_one(0);
    close_one(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_one(std::size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }

  std::array<int, 2> ends{-1, -1};  // to read, to write
};

struct Actions {
  Actions() { ::posix_spawn_file_actions_init(&actions); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  posix_spawn_file_actions_t actions;
};

// Appends what has arrived; closes the pipe at its end.
void receive(Pipe& pipe, std::string& text) {
  std::array<char, 4096> bytes;
  const ssize_t count = ::read(pipe.ends[0], bytes.data(), bytes.size());
  if (count > 0)
    text.append(bytes.data(), static_cast<std::size_t>(count));
  else if (count == 0 || errno != EINTR)
    pipe.close_one(0);
}

}  // namespace

Finished run_process(const std::vector<std::string>& command, const char* package,
                     const std::function<void()>& waiting) {
  const std::string& program = command.front();
  Pipe output(program), errors(program);
  Actions spawn;
  posix_spawn_file_actions_t* const actions = &spawn.actions;
  ::posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(actions, output.ends[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions, errors.ends[1], STDERR_FILENO);
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failure =
      ::posix_spawnp(&child, program.c_str(), actions, nullptr, arguments.data(), environ);
  if (failure != 0)
    fail(Error::Kind::system, program, "cannot run the program ", program, ": ",
         std::strerror(failure), '.', failure == ENOENT ? concat(" Hint: ", package, '.') : "");
  output.close_one(1);
  errors.close_one(1);

  Finished finished;
  while (output.ends[0] >= 0 || errors.ends[0] >= 0) {
    std::array<pollfd, 2> wanted{{{output.ends[0], POLLIN, 0}, {errors.ends[0], POLLIN, 0}}};
    const int ready = ::poll(wanted.data(), wanted.size(), milliseconds_between_calls);
    if (ready <= 0) {
      if (waiting) waiting();
      continue;
    }
    if (wanted[0].revents != 0) receive(output, finished.output);
    if (wanted[1].revents != 0) receive(errors, finished.errors);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

}  // namespace reel::apps
