// The options of the commands of reel-mnist, as CLI11 has them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../common/program.h"
#include "commands.h"

namespace reel::mnist {

/// The names of all optimisers.
std::vector<std::string> optimizer_names();

/// Each adds the options of one of the structures to a command.
void add_common(CLI::App& command, CommonOptions& options);
/// `about`: the effect of --load, without what it takes.
CLI::Option* add_load(CLI::App& command, std::string& path, const std::string& about);
void add_threads(CLI::App& command, std::optional<std::size_t>& threads);
void add_network(CLI::App& command, NetworkOptions& options);
/// Batches, epochs, optimiser, schedule, distortion and loss.
void add_training(CLI::App& command, TrainOptions& options);

/// Each adds a command with its options.
void add_train(apps::Program& program, TrainOptions& options);
void add_eval(apps::Program& program, EvalOptions& options);
void add_predict(apps::Program& program, PredictOptions& options);
void add_gradcheck(apps::Program& program, GradcheckOptions& options);
void add_export(apps::Program& program, ExportOptions& options);
void add_compare(apps::Program& program, CompareOptions& options);
void add_recipes(apps::Program& program, bool& json);
void add_diff(apps::Program& program, DiffOptions& options);
void add_verify(apps::Program& program, VerifyOptions& options);
void add_data(apps::Program& program, DataOptions& options);

}  // namespace reel::mnist
