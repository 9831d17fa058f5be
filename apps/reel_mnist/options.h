// The options of the commands of reel-mnist, as CLI11 has them.
#pragma once

#include <string>
#include <vector>

#include "../common/program.h"
#include "commands.h"

namespace reel::mnist {

/// The largest number that an option for a count takes.
inline constexpr std::size_t most = std::size_t{1} << 30;

/// The names of all optimisers.
std::vector<std::string> optimizer_names();

/// Each adds the options of one of the structures to a command.
void add_common(CLI::App& command, CommonOptions& options);
void add_threads(CLI::App& command, CommonOptions& options);
void add_network(CLI::App& command, NetworkOptions& options);

/// Each adds a command with its options; `exit_code` becomes that of the command when it runs.
void add_train(CLI::App& app, TrainOptions& options, int& exit_code);
void add_eval(CLI::App& app, CommonOptions& options, int& exit_code);
void add_predict(CLI::App& app, PredictOptions& options, int& exit_code);
void add_gradcheck(CLI::App& app, GradcheckOptions& options, int& exit_code);
void add_data(CLI::App& app, DataOptions& options, int& exit_code);

}  // namespace reel::mnist
