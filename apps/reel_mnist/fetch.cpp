// `reel-mnist data fetch`: downloads the well-known sets of images.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <string_view>
#include <system_error>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/terminal.h>
#include <reel/data/idx.h>

#include "../common/text.h"
#include "commands.h"
#include "download.h"

namespace reel::mnist {
namespace {

namespace fs = std::filesystem;

struct File {
  std::string_view name, md5;
};

struct Source {
  std::string_view set;
  std::array<File, 4> files;
  std::vector<std::string_view> mirrors;
  std::vector<std::string_view> class_names = {};  // if the loader cannot know them
};

// The checksums are those that torchvision's module datasets.mnist publishes.
const std::vector<Source>& sources() {
  static const std::vector<Source> all = {
      {"mnist",
       {{{"train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"},
         {"train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"},
         {"t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"},
         {"t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"}}},
       {"https://ossci-datasets.s3.amazonaws.com/mnist",
        "https://storage.googleapis.com/cvdf-datasets/mnist", "http://yann.lecun.com/exdb/mnist"}},
      {"fashion-mnist",
       {{{"train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"},
         {"train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"},
         {"t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"},
         {"t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"}}},
       {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"}},
      {"kmnist",
       {{{"train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"},
         {"train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"},
         {"t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"},
         {"t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"}}},
       {"http://codh.rois.ac.jp/kmnist/dataset/kmnist"},
       {"o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"}}};
  return all;
}

// NIST publishes all sets of EMNIST in one archive.
constexpr std::string_view emnist_set = "emnist-letters";
constexpr std::string_view emnist_mirror = "https://biometrics.nist.gov/cs_links/EMNIST";
constexpr File emnist_archive = {"gzip.zip", "58c8d27c78d21e728a6bc7b3cc06412e"};

// Downloads files, and says so.
class Fetcher {
 public:
  explicit Fetcher(const FetchOptions& options) : options_(options), folder_(options.to) {
    make_folder(folder_, "fetch");
  }

  void fetch(const File& file, const std::vector<std::string_view>& mirrors) const {
    Download wanted{std::string(file.name), std::string(file.md5), {}};
    if (options_.mirror.empty())
      for (const std::string_view mirror : mirrors) wanted.urls.push_back(url(mirror, file.name));
    else
      wanted.urls.push_back(url(options_.mirror, file.name));
    const bool terminal = is_terminal(STDERR_FILENO);
    const bool fetched = download(wanted, folder_, [&](std::uintmax_t bytes) {
      if (terminal)
        std::cerr << '\r' << file.name << ": " << bytes / 1'000'000 << " MB" << std::flush;
    });
    if (terminal && fetched) std::cerr << "\r\x1b[K";
    say(file.name, fetched ? "fetched" : "was there");
  }

  void say(std::string_view name, std::string_view what) const {
    std::error_code ignored;
    std::cout << name << ": " << what << ", "
              << counted(fs::file_size(folder_ / name, ignored), "byte") << std::endl;
  }

  const fs::path& folder() const { return folder_; }

 private:
  static std::string url(std::string_view mirror, std::string_view name) {
    return concat(mirror, mirror.ends_with('/') ? "" : "/", name);
  }

  const FetchOptions& options_;
  fs::path folder_;
};

// Whether a file of EMNIST is there, entire: no checksum of it is published, but gzip has one.
bool is_whole(const fs::path& path, std::size_t dimensions) {
  try {
    idx::read(path, dimensions);
    return true;
  } catch (const Error&) {
    return false;
  }
}

void fetch_emnist(const Fetcher& fetcher) {
  struct Missing {
    std::string name;
    fs::path path;
  };
  std::vector<Missing> missing;
  for (const std::string_view half : {"train", "test"})
    for (const std::size_t dimensions : {std::size_t{3}, std::size_t{1}}) {
      const std::string name =
          concat(emnist_set, '-', half, dimensions == 3 ? "-images" : "-labels", "-idx", dimensions,
                 "-ubyte.gz");
      const fs::path path = fetcher.folder() / name;
      if (is_whole(path, dimensions))
        fetcher.say(name, "was there");
      else
        missing.push_back({name, path});
    }
  if (missing.empty()) return;
  fetcher.fetch(emnist_archive, {emnist_mirror});
  const fs::path archive = fetcher.folder() / emnist_archive.name;
  for (const Missing& file : missing) {
    extract(archive, "gzip/" + file.name, file.path);
    fetcher.say(file.name, "extracted");
  }
  std::error_code ignored;
  fs::remove(archive, ignored);
}

}  // namespace

std::vector<std::string> fetchable_sets() {
  std::vector<std::string> names;
  for (const Source& source : sources()) names.emplace_back(source.set);
  names.emplace_back(emnist_set);
  return names;
}

int fetch(const FetchOptions& options) {
  const Fetcher fetcher(options);
  if (options.set == emnist_set) {
    fetch_emnist(fetcher);
  } else {
    const auto source = std::find_if(sources().begin(), sources().end(),
                                     [&](const Source& s) { return s.set == options.set; });
    for (const File& file : source->files) fetcher.fetch(file, source->mirrors);
    if (const fs::path names = fetcher.folder() / "classes.txt"; !source->class_names.empty()) {
      std::string lines;
      for (const std::string_view name : source->class_names) lines += concat(name, '\n');
      write_file(names, "fetch", lines);
    }
  }
  std::cout << "Check them: reel-mnist data --data " << printable(options.to) << '\n';
  return 0;
}

}  // namespace reel::mnist
