// `reel-mnist gradcheck` runs the program reel-mnist-gradcheck in the same folder, with the same
// arguments. Only that program is linked with both precisions, so a build for training needs only
// the float library.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "commands.h"

namespace reel::mnist {

int gradcheck(const GradcheckOptions&) {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "reel-mnist-gradcheck";
  ::execv(program.c_str(), argv.data());
  fail(Error::Kind::failure, "gradcheck", "cannot run ", program.string(), ": ",
       std::strerror(errno), ". Hint: ./reel gradcheck builds it.");
}

}  // namespace reel::mnist
