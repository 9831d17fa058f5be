// Downloads or extracts one file, as `reel-mnist data fetch` does, with a checksum of the test's
// own:
//   download NAME MD5 FOLDER URL…
//   extract ARCHIVE MEMBER FILE
// Prints "fetched", "was there" or "extracted"; the exit code is that of the error's kind.
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include <reel/autodiff/core/error.h>

#include "../../apps/reel_mnist/download.h"

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::signal(SIGXFSZ, SIG_IGN);  // as every program of Reel does
  try {
    if (words.at(0) == "extract") {
      reel::mnist::extract(words.at(1), words.at(2), words.at(3));
      std::cout << "extracted\n";
      return 0;
    }
    const reel::mnist::Download file{words.at(1), words.at(2), {words.begin() + 4, words.end()}};
    std::cout << (reel::mnist::download(file, words.at(3)) ? "fetched\n" : "was there\n");
  } catch (const reel::Error& error) {
    std::cerr << "reel-tests-download: " << error.what() << '\n';
    return static_cast<int>(error.kind());
  }
}
