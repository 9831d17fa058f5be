// Writes the record of a run as CSV and as event files, and hands it to the report.
#include "run_log.h"

#include <cmath>
#include <sstream>
#include <utility>

#include <reel/autodiff/core/file.h>

#include "epochs.h"

namespace reel::mnist {

namespace {

// The header and the batches of a log until this position; empty if there is no log.
std::string lines_until(const std::string& path, const train::Position& position) {
  std::ifstream file(path, std::ios::binary);
  std::string kept;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::size_t epoch = 0, batch = 0;
    char comma = 0;
    const bool of_batch = static_cast<bool>(fields >> epoch >> comma >> batch);
    if (of_batch && std::pair(epoch, batch) > std::pair(position.epoch, position.batch)) break;
    if (of_batch || kept.empty()) kept += line + '\n';
  }
  return kept;
}

}  // namespace

RunLog::RunLog(Training& training) : path_(training.options.log) {
  const TrainOptions& options = training.options;
  if (options.log.empty() && options.tensorboard.empty() && options.report.empty()) return;
  record_.emplace(training.network.model);
  if (!options.log.empty()) {
    const std::string before =
        options.resume.empty() ? "" : lines_until(path_, training.position());
    csv_.open(path_, std::ios::binary);
    csv_ << (before.empty() ? csv_header(*record_) : before) << std::flush;
    if (!csv_) fail(Error::Kind::system, "log", absolute_name(path_), ": cannot be written.");
  }
  if (!options.tensorboard.empty()) events_.emplace(options.tensorboard);
  if (!options.report.empty()) report_.emplace(training, record_->layers());
}

void RunLog::add(const train::EpochReport& report) {
  if (!record_) return;
  finish();
  if (report_) report_->add(report);
  if (!events_) return;
  std::vector<EventScalar> scalars;
  const nlohmann::ordered_json results = epoch_results(report);
  for (const auto& [name, value] : results.items())
    if (name != "epoch") scalars.push_back({"epoch/" + name, value.get<double>()});
  events_->add(report.epoch, scalars);
  events_->flush();
}

void RunLog::finish() {
  if (!record_) return;
  if (!path_.empty()) {
    csv_ << csv_lines(*record_) << std::flush;
    if (!csv_) fail(Error::Kind::system, "log", absolute_name(path_), ": cannot be written.");
  }
  if (events_) {
    for (const train::BatchRecord& batch : record_->batches()) {
      std::vector<EventScalar> scalars{{"batch/loss", batch.loss}, {"batch/lr", batch.lr}};
      for (std::size_t i = 0; i < batch.layers.size(); ++i) {
        const std::string& layer = record_->layers()[i];
        scalars.push_back({"gradient_norm/" + layer, batch.layers[i].gradient_norm});
        scalars.push_back({"update_ratio/" + layer, batch.layers[i].update_ratio});
      }
      std::erase_if(scalars, [](const EventScalar& scalar) { return std::isnan(scalar.value); });
      events_->add(batch.step, scalars);
    }
    events_->flush();
  }
  if (report_) report_->add(record_->batches());
  record_->clear();
}

}  // namespace reel::mnist
