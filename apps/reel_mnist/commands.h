// The commands of reel-mnist and their options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reel::mnist {

/// The options that all commands have.
struct CommonOptions {
  std::string data;  ///< the images, as data::load_images takes them
  std::string load;  ///< weights to start from, or to use
  bool json = false;
  std::optional<std::size_t> threads;  ///< default: one for each processor
};

/// The choice of the network, for commands that can make one.
struct NetworkOptions : CommonOptions {
  std::optional<std::string> layers;      ///< default: of the loaded file, or 784-10-10
  std::optional<std::string> activation;  ///< default: of the loaded file, or relu
  bool batch_norm = false;
  std::optional<double> dropout;  ///< default: of the loaded file, or 0
  std::uint64_t seed = 1;
};

struct TrainOptions : NetworkOptions {
  std::string optimizer = "sgd";
  std::optional<double> lr;  ///< default: depends on the optimiser
  std::size_t batch_size = 64;
  std::size_t epochs = 10;
  double validation = 0.1;
  std::string save;
  std::string plot;
  bool stream = false;
  bool profile = false;
  bool anomaly = false;
};

struct GradcheckOptions : NetworkOptions {
  std::optional<std::size_t> images;  ///< default: 16, or 64 with `digits`
  int order = 2;
  bool full = false;
  bool digits = false;  ///< instead: how many digits of each gradient are right in float
  std::string optimizer = "sgd";
};

struct PredictOptions : CommonOptions {
  std::size_t index = 0;
  std::size_t count = 1;
};

struct FetchOptions {
  std::string set;     ///< one of fetchable_sets()
  std::string to;      ///< the folder for its files
  std::string mirror;  ///< the URL of the folder that has the files; empty: those that are built in
};

struct DataOptions {
  CommonOptions inspect;
  FetchOptions fetch;
};

/// The sets that `fetch` knows.
std::vector<std::string> fetchable_sets();

/// Each function runs one command and returns its exit code; errors are thrown as Error.
int train(const TrainOptions& options);
int eval(const CommonOptions& options);
int predict(const PredictOptions& options);
int gradcheck(const GradcheckOptions& options);
int inspect(const CommonOptions& options);
int fetch(const FetchOptions& options);

}  // namespace reel::mnist
