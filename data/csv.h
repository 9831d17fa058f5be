// Reads a data set from a table of text, one sample on each line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <reel/data/dataset.h>

namespace reel::inline REEL_PRECISION {
namespace data {

/// The meaning of the columns of a table. Each column that no option names is an input.
struct CsvOptions {
  std::string label = {};                 ///< the column with the classes
  std::vector<std::string> targets = {};  ///< or the columns with the numbers to predict
  std::string weight = {};                ///< the column with the weights of the samples
  std::vector<std::string> ignored = {};  ///< columns to leave out
  /// The names of the classes, in the order of their labels, as the label column has them. If none
  /// are given: whole numbers are labels; other texts are classes in alphabetical order.
  std::vector<std::string> class_names = {};
  /// Whether the first line has the names of the columns. If not, they are "0", "1", …
  bool header = true;
  char separator = ',';  ///< between the fields
};

/// Reads a table (RFC 4180): fields may be in double quotes; lines end with LF or CRLF; empty lines
/// are skipped. The data set has the name of the file. Throws Error: kind input if the file is
/// missing, if a line has another number of fields, if a field is not a finite number, or if the
/// data is wrong as for Dataset; kind usage for options that contradict each other or name no
/// column; kind system if it cannot be read. Messages name the line and the column.
///
///     const auto flowers = load_csv("iris.csv", {.label = "species"});
///     const auto houses = load_csv("houses.csv", {.targets = {"price"}, .ignored = {"id"}});
Dataset load_csv(const std::filesystem::path& path, const CsvOptions& options = {});

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
