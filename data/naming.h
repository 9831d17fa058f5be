// The names of sets of images and of their classes.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <reel/autodiff/core/shared_bytes.h>

namespace reel::naming {

/// A well-known set of images.
struct KnownSet {
  std::string name;                      ///< such as "Fashion-MNIST"
  std::vector<std::string> class_names;  ///< in the order of their labels
  std::size_t first_label = 0;           ///< the label of the first class in the file
};

/// "0" to "9".
std::vector<std::string> digits();

/// The set that has these training labels: MNIST or Fashion-MNIST.
std::optional<KnownSet> recognised(const SharedBytes& train_labels);

/// The set of EMNIST with this prefix of its files, such as "emnist-letters".
std::optional<KnownSet> emnist(std::string_view prefix);

/// The names that the file classes.txt in this folder has, one on each line; none if there is no
/// such file. Throws Error: kind input if a line is empty or appears twice, system if it cannot be
/// read.
std::vector<std::string> class_names_file(const std::filesystem::path& folder);

/// "digits" for "/data/digits", "/data/digits/" and "/data/digits.csv".
std::string name_of(const std::filesystem::path& path);

}  // namespace reel::naming
