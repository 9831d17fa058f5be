// Writes the record of a run as CSV and as event files, and hands it to the report.
#include "run_log.h"

#include <cmath>

#include <reel/autodiff/core/file.h>

#include "epochs.h"

namespace reel::mnist {

RunLog::RunLog(Training& training) : path_(training.options.log) {
  const TrainOptions& options = training.options;
  if (options.log.empty() && options.tensorboard.empty() && options.report.empty()) return;
  record_.emplace(training.network.model);
  if (!options.log.empty()) {
    csv_.open(path_, std::ios::binary);
    csv_ << csv_header(*record_) << std::flush;
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
