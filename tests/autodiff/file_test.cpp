// Reading and writing whole files: contents, errors, and the state after a failure.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include <reel/autodiff/core/file.h>

#include "../temporary_folder.h"

using reel::Error;
using reel::read_file;
using reel::write_file;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t no_limit = 1 << 30;

using Folder = reel::TemporaryFolder;

// The error that the call throws, which must be one line; kind 0 if there is none.
struct Caught {
  int kind = 0;
  std::string message;
};
Caught caught(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return {static_cast<int>(error.kind()), error.what()};
  }
  return {};
}

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

// Makes the call in a child process without root's rights; its exit code is the kind of the error.
int unprivileged(const std::function<void()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setegid(65534) != 0 || ::seteuid(65534) != 0)) ::_exit(99);
    try {
      call();
    } catch (const Error& error) {
      ::_exit(static_cast<int>(error.kind()));
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WEXITSTATUS(status);
}

// While it is alive, a signal with an empty handler interrupts this thread repeatedly.
class Interruptions {
 public:
  Interruptions() {
    struct sigaction action {};
    action.sa_handler = [](int) { ++count; };
    ::sigaction(SIGUSR1, &action, &before_);
    count = 0;
    const pthread_t target = ::pthread_self();
    thread_ = std::thread([this, target] {
      while (!stop_) {
        ::pthread_kill(target, SIGUSR1);
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
    });
  }
  ~Interruptions() {
    stop_ = true;
    thread_.join();
    ::sigaction(SIGUSR1, &before_, nullptr);
  }
  static inline std::atomic<int> count{0};

 private:
  struct sigaction before_ {};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace

TEST_CASE("file: what was written is read") {
  const Folder folder;
  for (const std::size_t size : {0u, 1u, 65535u, 65536u, 65537u, 300000u}) {
    CAPTURE(size);
    write_file(folder / "a", "test", pattern(size));
    CHECK(read_file(folder / "a", "test", no_limit) == pattern(size));
    CHECK(read_file(folder / "a", "test", size) == pattern(size));
  }
  CHECK(folder.files() == 1);
}

TEST_CASE("file: more than the limit is an input error, whatever the size says") {
  const Folder folder;
  write_file(folder / "a", "test", "12345");
  const Caught error = caught([&] { read_file(folder / "a", "idx", 4); });
  CHECK(error.kind == 3);
  CHECK(error.message ==
        "[idx] " + (folder / "a").string() + ": holds more than 4 bytes, expected at most that.");
  CHECK(caught([] { read_file("/dev/zero", "idx", 1000); }).kind == 3);
  CHECK(caught([&] { read_file(folder / "a", "idx", 0); }).kind == 3);
  CHECK(read_file(folder / "a", "idx", static_cast<std::size_t>(-1)) == "12345");
}

TEST_CASE("file: a reader goes on where it stopped, and asks for no more than there is") {
  const Folder folder;
  write_file(folder / "a", "test", pattern(100000));
  reel::FileReader file(folder / "a", "test");
  CHECK(file.read(0).empty());
  CHECK(file.read(8) == pattern(8));
  const std::string rest = file.read(static_cast<std::size_t>(-1) / 4);
  CHECK(rest == pattern(100000).substr(8));
  CHECK(rest.capacity() < 300000);
  CHECK(file.read(1).empty());
}

TEST_CASE("file: errors of reading say which file and why") {
  const Folder folder;
  write_file(folder / "a", "test", "x");
  Caught error = caught([&] { read_file(folder / "none", "idx", 9); });
  CHECK(error.kind == 3);
  CHECK(error.message ==
        "[idx] " + (folder / "none").string() + ": cannot be opened: No such file or directory.");
  CHECK(caught([&] { read_file(folder / "a/b", "idx", 9); }).kind == 3);
  CHECK(caught([&] { read_file(folder / std::string(300, 'x').c_str(), "idx", 9); }).kind == 3);
  CHECK(caught([] { read_file("", "idx", 9); }).kind == 3);

  error = caught([&] { read_file(folder.path, "idx", 9); });
  CHECK(error.kind == 5);
  CHECK(error.message == "[idx] " + folder.path.string() + ": cannot be read: Is a directory.");
  CHECK(caught([] { read_file(std::string("/dev/null\0x", 11), "idx", 9); }).kind == 5);

  fs::permissions(folder.path, fs::perms::all);
  fs::permissions(folder / "a", fs::perms::none);
  CHECK(unprivileged([&] { read_file(folder / "a", "idx", 9); }) == 5);
}

TEST_CASE("file: messages have absolute paths and no control characters") {
  const Caught error = caught([] { read_file("no such\n\x1b[31mfile\x7f", "idx", 9); });
  CHECK(error.message.starts_with("[idx] " + fs::current_path().string() + "/no such"));
  CHECK(error.message.find("no such\\x0a\\x1b[31mfile\\x7f: ") != std::string::npos);
  CHECK(reel::printable("größe\t") == "größe\\x09");
  CHECK(reel::printable("a\xc2\x9b"
                        "1m, \xc2\xa0") == "a\\xc2\\x9b1m, \xc2\xa0");  // U+009B is CSI
  CHECK(reel::printable("\xe2\x80\xae"
                        "live \xe2\x80\xa8|\xff|\xe2\x80") ==
        "\\xe2\\x80\\xaelive \\xe2\\x80\\xa8|\\xff|\\xe2\\x80");
}

TEST_CASE("file: text of a file is quoted, escaped and cut between two characters") {
  CHECK(reel::in_quotes("a\nb") == "\"a\\x0ab\"");
  CHECK(reel::in_quotes("") == "\"\"");
  CHECK(reel::in_quotes(std::string(80, 'x')) == '"' + std::string(80, 'x') + '"');
  CHECK(reel::in_quotes(std::string(81, 'x')) == '"' + std::string(80, 'x') + "…\"");
  CHECK(reel::in_quotes(std::string(79, 'x') + "öy") == '"' + std::string(79, 'x') + "…\"");
}

TEST_CASE("file: a new file obeys the umask, a replaced one keeps its permissions") {
  const Folder folder;
  const mode_t umask = ::umask(027);
  write_file(folder / "new", "test", "1");
  ::umask(077);
  fs::permissions(folder / "new", fs::perms(0664));
  write_file(folder / "new", "test", "2");
  const mode_t replaced = mode_of(folder / "new");
  ::umask(027);
  write_file(folder / "other", "test", "1");
  ::umask(umask);
  CHECK(replaced == 0664);
  CHECK(mode_of(folder / "other") == 0640);
  CHECK(read_file(folder / "new", "test", 9) == "2");
}

TEST_CASE("file: readers of the old file keep it, as the new one takes only its name") {
  const Folder folder;
  write_file(folder / "a", "test", "old");
  reel::FileReader before(folder / "a", "test");
  write_file(folder / "a", "test", "new and longer");
  CHECK(before.read(99) == "old");
  CHECK(read_file(folder / "a", "test", 99) == "new and longer");
}

TEST_CASE("file: a symbolic link stays, and what it leads to is written") {
  const Folder folder;
  fs::create_directory(folder / "there");
  fs::create_symlink("there/second", folder / "first");
  fs::create_symlink("target", folder / "there/second");
  for (const char* text : {"made through a dangling link", "replaced"}) {
    write_file(folder / "first", "test", text);
    CHECK(fs::is_symlink(folder / "first"));
    CHECK(fs::is_symlink(folder / "there/second"));
    CHECK(read_file(folder / "there/target", "test", 99) == text);
  }
  CHECK(folder.files() == 2);
  fs::create_symlink("loop", folder / "loop");
  fs::create_symlink("none/x", folder / "astray");
  CHECK(caught([&] { write_file(folder / "astray", "test", "x"); }).kind == 5);
  CHECK(caught([&] { write_file(folder / "loop", "test", "x"); }).kind == 5);
}

// Runs without root's rights, so that a broken write_file cannot replace a device of the machine.
TEST_CASE("file: what is not a regular file is written to directly") {
  CHECK(unprivileged([] { write_file("/dev/null", "test", "gone"); }) == 0);
  CHECK(unprivileged([] { write_file("/dev/full", "test", "x"); }) == 5);
  CHECK(unprivileged([] {
          const Caught error = caught([] { write_file("/dev/full", "test", "x"); });
          if (error.message != "[test] /dev/full: cannot be written: No space left on device.")
            ::_exit(98);
        }) == 0);
}

TEST_CASE("file: a file that has a temporary file's name by chance is left alone") {
  const Folder folder;
  const auto name = [&](int i) {
    return folder.path / reel::concat(".reel-", ::getpid(), '-', i, ".tmp");
  };
  for (int i = 0; i < 500; ++i) std::ofstream(name(i)) << "mine";
  write_file(folder / "a", "test", "x");
  CHECK(folder.files() == 501);
  for (int i = 0; i < 500; ++i) CHECK(read_file(name(i), "test", 9) == "mine");
}

TEST_CASE("file: an open descriptor's file is added to, not replaced") {
  const Folder folder;
  write_file(folder / "a", "test", "so far, ");
  const int descriptor = ::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC);
  struct stat before {
  }, after{};
  REQUIRE(::fstat(descriptor, &before) == 0);
  for (const char* where : {"/dev/fd/", "/proc/self/fd/"})
    write_file(where + std::to_string(descriptor), "test", "and on");
  ::close(descriptor);
  REQUIRE(::stat((folder / "a").c_str(), &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  CHECK(read_file(folder / "a", "test", 99) == "so far, and onand on");
}

TEST_CASE("file: folders that are missing or refuse are system errors") {
  const Folder folder;
  const Caught error = caught([&] { write_file(folder / "none/a", "test", "x"); });
  CHECK(error.kind == 5);
  CHECK(error.message == "[test] " + (folder / "none/a").string() +
                             ": cannot be written: No such file or directory.");
  write_file(folder / "file", "test", "x");
  for (const fs::path& path : {folder.path, folder / "new/", folder / "file/a", folder / "file/",
                               fs::path(), folder / std::string(300, 'x').c_str(),
                               fs::path((folder / "file").string() + std::string("\0x", 2))}) {
    CAPTURE(path.string());
    CHECK(caught([&] { write_file(path, "test", "x"); }).kind == 5);
  }
  CHECK(read_file(folder / "file", "test", 9) == "x");
  CHECK(folder.files() == 1);

  fs::permissions(folder.path, fs::perms(0755));
  CHECK(unprivileged([&] { write_file(folder / "new", "test", "x"); }) ==
        (::geteuid() == 0 ? 5 : 0));
  CHECK(unprivileged([&] { write_file("/proc/reel", "test", "x"); }) == 5);
}

TEST_CASE("file: what cannot be written is refused beforehand, and the check leaves no trace") {
  const Folder folder;
  const auto kind = [](const fs::path& path) {
    return caught([&] { reel::check_can_write(path, "test"); }).kind;
  };
  write_file(folder / "old", "test", "x");
  fs::create_directory(folder / "folder");
  fs::create_symlink(folder / "none/a", folder / "dangling");
  fs::create_symlink(folder / "new", folder / "to_new");
  fs::create_symlink(folder / "loop", folder / "loop");
  fs::permissions(folder.path, fs::perms::all);
  fs::permissions(folder / "old", fs::perms(0666));
  for (const char* name : {"old", "new", "to_new"}) CHECK(kind(folder / name) == 0);
  CHECK(kind("/dev/null") == 0);
  CHECK(caught([&] { reel::check_can_write(folder / "none/a", "test"); }).message ==
        "[test] " + (folder / "none/a").string() +
            ": cannot be written: No such file or directory.");
  for (const fs::path& path :
       {folder / "none/a", folder / "folder", folder / "dangling", folder / "loop",
        folder / "old/a", fs::path(), folder / std::string(256, 'x').c_str()}) {
    CAPTURE(path.string());
    CHECK(kind(path) == 5);
  }
  const auto kind_for_others = [&](const fs::path& path) {
    return unprivileged([&] { reel::check_can_write(path, "test"); });
  };
  CHECK(kind_for_others(folder / "old") == 0);
  if (::geteuid() == 0) {                            // needs a file of another user
    fs::permissions(folder.path, fs::perms(01777));  // sticky: only owners may replace
    CHECK(kind_for_others(folder / "old") == 5);
    CHECK(kind_for_others(folder / "new") == 0);
    fs::permissions(folder.path, fs::perms(0755));  // the file may be written, but not replaced
    CHECK(kind_for_others(folder / "old") == 5);
  }
  CHECK(read_file(folder / "old", "test", 9) == "x");
  CHECK(folder.files() == 5);
}

TEST_CASE("file: two names of one file") {
  const Folder folder;
  fs::create_symlink(folder / "new", folder / "to_new");
  fs::create_symlink(folder.path, folder / "here");
  write_file(folder / "old", "test", "x");
  CHECK(reel::same_file(folder / "new", folder / "./new"));
  CHECK(reel::same_file(folder / "new", folder / "to_new"));
  CHECK(reel::same_file(folder / "old", folder / "here/old"));
  CHECK_FALSE(reel::same_file(folder / "new", folder / "old"));
  CHECK_FALSE(reel::same_file(folder / "none/a", folder / "a"));
  CHECK_FALSE(reel::same_file("/dev/null", "/dev/null"));  // it stores nothing
}

TEST_CASE("file: a long name leaves room for the temporary file's") {
  const Folder folder;
  const fs::path path = folder / std::string(255, 'x').c_str();
  write_file(path, "test", "x");
  CHECK(read_file(path, "test", 9) == "x");
}

TEST_CASE("file: a folder is made unless it exists") {
  const Folder folder;
  const auto kind = [](const fs::path& path) {
    return caught([&] { reel::make_folder(path, "test"); }).kind;
  };
  CHECK(kind(folder / "new") == 0);
  CHECK(fs::is_directory(folder / "new"));
  CHECK(kind(folder / "new") == 0);
  fs::create_symlink(folder / "new", folder / "link");
  CHECK(kind(folder / "link") == 0);
  CHECK(kind(folder / "a/b/c") == 0);
  CHECK(fs::is_directory(folder / "a/b/c"));
  CHECK(kind(folder / "a/d/") == 0);
  CHECK(fs::is_directory(folder / "a/d"));
  write_file(folder / "file", "test", "x");
  for (const fs::path& path :
       {folder / "file", folder / "file/a", folder / "file/a/b", fs::path()}) {
    CAPTURE(path.string());
    CHECK(kind(path) == 5);
  }
  CHECK(caught([&] { reel::make_folder(folder / "file/a/b", "test"); }).message ==
        "[test] " + (folder / "file/a/b").string() + ": cannot be made: Not a directory.");
  fs::permissions(folder.path, fs::perms(0755));
  CHECK(unprivileged([&] { reel::make_folder(folder / "b", "test"); }) ==
        (::geteuid() == 0 ? 5 : 0));
}

TEST_CASE("file: a folder has one lock at a time") {
  const Folder folder;
  const auto lock = [&](const fs::path& path) {
    return caught([&] { const reel::FolderLock one(path, "test"); });
  };
  {
    const reel::FolderLock first(folder.path, "test");
    CHECK(lock(folder.path).kind == 5);
    CHECK(lock(folder.path).message ==
          "[test] " + folder.path.string() + ": another process uses the folder.");
  }
  CHECK(lock(folder.path).kind == 0);
  CHECK(lock(folder / "none").message ==
        "[test] " + (folder / "none").string() + ": cannot be opened: No such file or directory.");
  write_file(folder / "file", "test", "x");
  CHECK(lock(folder / "file").kind == 5);
}

TEST_CASE("file: a folder that may not be read does not fail a write") {
  const Folder folder;
  fs::permissions(folder.path, fs::perms(0733));  // new files may be made, but no sync opens it
  CHECK(unprivileged([&] { write_file(folder / "a", "test", "x"); }) == 0);
  fs::permissions(folder.path, fs::perms(0777));
  CHECK(read_file(folder / "a", "test", 9) == "x");
}

TEST_CASE("file: the names of temporary files") {
  for (const char* name : {".reel-1-0.tmp", "/a/.reel-4711-12.tmp"})
    CHECK(reel::is_temporary(name));
  for (const char* name : {"", ".tmp", ".reel-.tmp", "reel-1-0.tmp", ".reel-1-0.tmp2",
                           ".reel-1-x.tmp", ".reel-1-0", ".reel-1-0.tmp/a"})
    CHECK_FALSE(reel::is_temporary(name));
}

TEST_CASE("file: a read-only file is refused although its folder is not") {
  const Folder folder;
  write_file(folder / "a", "test", "old");
  fs::permissions(folder.path, fs::perms::all);
  fs::permissions(folder / "a", fs::perms(0444));
  CHECK(unprivileged([&] { write_file(folder / "a", "test", "new"); }) == 5);
  CHECK(read_file(folder / "a", "test", 9) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("file: a write that fails midway leaves the old file and nothing else") {
  const Folder folder;
  write_file(folder / "a", "test", "old");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100000;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string contents = pattern(150000);
  const Caught replaced = caught([&] { write_file(folder / "a", "test", contents); });
  const Caught created = caught([&] { write_file(folder / "b", "test", contents); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(replaced.kind == 5);
  CHECK(replaced.message.find("File too large") != std::string::npos);
  CHECK(created.kind == 5);
  CHECK(read_file(folder / "a", "test", 9) == "old");
  CHECK(folder.files() == 1);
}

TEST_CASE("file: a rename that fails leaves nothing behind") {
  if (::geteuid() != 0) return;  // needs a file of another user
  const Folder folder;
  write_file(folder / "a", "test", "old");
  fs::permissions(folder / "a", fs::perms(0666));
  fs::permissions(folder.path, fs::perms(01777));  // sticky: only owners may replace
  CHECK(unprivileged([&] { write_file(folder / "b", "test", "x"); }) == 0);
  CHECK(folder.files() == 2);
  CHECK(unprivileged([&] { write_file(folder / "a", "test", "x"); }) == 5);
  CHECK(folder.files() == 2);
  CHECK(read_file(folder / "a", "test", 9) == "old");
}

TEST_CASE("file: interrupted and partial calls are continued") {
  const Folder folder;
  const fs::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const std::string contents = pattern(3000000);
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::microseconds(500)); };

  SUBCASE("writing") {
    std::string received;
    std::thread reader([&] {
      std::ifstream in(pipe, std::ios::binary);
      std::string piece(50000, '\0');
      while (in.read(piece.data(), 50000), in.gcount() > 0) {
        received.append(piece, 0, static_cast<std::size_t>(in.gcount()));
        pause();
      }
    });
    Caught error;
    {
      const Interruptions interruptions;
      error = caught([&] { write_file(pipe, "test", contents); });
    }
    if (error.kind) std::ofstream(pipe, std::ios::binary);  // releases a reader that still waits
    reader.join();
    CHECK(error.message == "");
    CHECK(Interruptions::count > 5);
    CHECK(received == contents);
  }
  SUBCASE("reading") {
    std::thread writer([&] {
      std::ofstream out(pipe, std::ios::binary);
      for (std::size_t at = 0; at < contents.size(); at += 50000) {
        out.write(contents.data() + at, 50000).flush();
        pause();
      }
    });
    std::string received;
    Caught error;
    {
      const Interruptions interruptions;
      error = caught([&] { received = read_file(pipe, "test", no_limit); });
    }
    writer.join();
    CHECK(error.message == "");
    CHECK(Interruptions::count > 5);
    CHECK(received == contents);
  }
}
