// The epochs of a run: a table in the terminal, or a line of JSON for each.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <reel/report/curves.h>
#include <reel/train/fit.h>

namespace reel::mnist {

/// The losses and accuracies of an epoch by name, without times.
nlohmann::ordered_json epoch_results(const train::EpochReport& report);
/// The losses and accuracies that such an object has.
report::EpochScores scores_of(const nlohmann::ordered_json& results);
/// The same with times; `weights` is the fingerprint of the model after it.
nlohmann::ordered_json epoch_json(const train::EpochReport& report, const std::string& weights,
                                  double lr);

/// The same without times, and with a fingerprint of each tensor: a line of the log.
nlohmann::ordered_json log_json(const train::EpochReport& report, const nn::Module& model);

/// A table with a row for each epoch. If it is wider than the terminal, it leaves out columns.
class EpochTable {
 public:
  /// The columns that not every run has.
  struct Has {
    bool validation = false, averaged = false;
    bool rate = false;  ///< the learning rate, if a schedule changes it
  };
  EpochTable(Has has, std::size_t width);

  /// The names of the columns.
  std::string header() const;
  std::string row(const train::EpochReport& report, const std::string& weights, double lr) const;

 private:
  struct Column {
    std::string name;
    std::size_t width;
    int importance;  ///< the least important columns are left out first
    std::string (*text)(const train::EpochReport& report, const std::string& weights, double lr);
  };
  std::vector<Column> columns_;
};

}  // namespace reel::mnist
