// The commands of reel-mnist and their options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reel::mnist {

inline constexpr const char* default_init = "uniform";  ///< of the weights, if none are loaded

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
  std::optional<double> dropout;    ///< default: of the loaded file, or 0
  std::optional<std::string> init;  ///< default: uniform; with --load, none
  std::uint64_t seed = 1;
};

struct TrainOptions : NetworkOptions {
  std::size_t epochs = 10;
  std::size_t batch_size = 64;
  double validation = 0.1;

  std::string optimizer = "sgd";
  std::optional<double> lr;  ///< default: depends on the optimiser
  /// The options of an optimiser that are given, by their names in optim::optimizers().
  std::map<std::string, std::optional<double>, std::less<>> optimizer_options;
  std::optional<double> clip_norm;
  std::size_t accumulate = 1;

  std::string schedule = "constant";  ///< of optim::schedule_names(), or plateau
  double warm_up = 0;                 ///< epochs
  std::optional<double> lr_end;       ///< default: 0
  std::optional<double> lr_every;     ///< epochs
  std::optional<double> lr_factor;    ///< default: 0.1
  bool find_lr = false;

  double label_smoothing = 0;
  std::string class_weights = "none";  ///< or balanced

  double shift = 0, rotate = 0, scale = 0, shear = 0;  ///< pixels, degrees, share, degrees
  double elastic = 0;                                  ///< α of Simard's distortion
  std::optional<double> elastic_sigma;                 ///< its σ; default: 5
  double flip = 0, erase = 0;                          ///< probabilities

  std::optional<std::size_t> patience;  ///< epochs without improvement
  std::string monitor = "loss";         ///< or accuracy, of the validation images
  std::optional<double> average;        ///< the decay of the averaged weights

  std::string save, plot, report;
  std::optional<std::size_t> suspects;  ///< how many images to search for wrong labels
  std::string log, tensorboard;         ///< a CSV file, and a folder for event files
  std::string checkpoint;               ///< folder to write checkpoints to
  std::size_t checkpoint_every = 0;     ///< batches; 0: only after each epoch
  std::string resume;                   ///< folder of checkpoints to continue from
  bool has_recipe = false;              ///< whether a recipe set some of these options
  std::size_t seeds = 1;                ///< how many runs
  std::string settings;                 ///< all that was set, as --config reads it
  std::string defaults;                 ///< of the options that have one, in the same form
  bool stream = false;
  bool summary = false;
  bool profile = false;
  bool anomaly = false;
};

/// The same network by several settings; the network, and all that does not vary, as in a run.
struct CompareOptions : TrainOptions {
  CompareOptions() { seeds = 5; }
  std::string vary = "optimizer=adagrad,rmsprop,nesterov,adadelta,adam";  ///< name=value,value,…
  std::vector<std::string> set;  ///< the options that are set, without the dashes
};

struct EvalOptions : CommonOptions {
  std::string on = "test";           ///< or train or validation: what `train` trained on, held out
  std::optional<std::size_t> top_k;  ///< also the share whose label is among the k highest scores
};

struct GradcheckOptions : NetworkOptions {
  std::optional<std::size_t> images;  ///< default: 16, or 64 with `digits`
  int order = 2;
  bool full = false;
  bool digits = false;  ///< instead: how many digits of each gradient are right in float
  std::string optimizer = "sgd";
};

struct PredictOptions : CommonOptions {
  std::vector<std::string> files;  ///< to show instead of test images; -: standard input
  bool drawn = false;  ///< whether all of them are drawn digits, to be made like MNIST's
  bool as_is = false;  ///< whether none of them is; default: as each looks
  std::size_t index = 0;
  std::size_t count = 1;
};

struct ExportOptions {
  std::string load;          ///< the network
  std::string onnx, c, npy;  ///< files, and a folder, to write; empty: not asked for
  std::string page;          ///< a page with a board to draw on; empty: not asked for
  std::string data;          ///< for the page: the images, as data::load_images takes them
  bool int8 = false;         ///< whether the C file has its matrices as bytes
};

struct DiffOptions {
  std::string first, second;  ///< two folders of checkpoints, or two files of weights
  bool json = false;
};

struct VerifyOptions {
  std::optional<std::size_t> threads;
  bool json = false;
};

struct FetchOptions {
  std::string set;     ///< one of fetchable_sets()
  std::string to;      ///< the folder for its files
  std::string mirror;  ///< the URL of the folder that has the files; empty: the built-in ones
};

struct DataOptions {
  CommonOptions inspect;
  FetchOptions fetch;
};

/// The sets that `fetch` knows.
std::vector<std::string> fetchable_sets();

/// Each function runs one command and returns its exit code; errors are thrown as Error.
int train(const TrainOptions& options);
int compare(const CompareOptions& options);
int eval(const EvalOptions& options);
int predict(const PredictOptions& options);
int gradcheck(const GradcheckOptions& options);
int export_network(const ExportOptions& options);
int diff(const DiffOptions& options);
int verify(const VerifyOptions& options);
int inspect(const CommonOptions& options);
int fetch(const FetchOptions& options);

}  // namespace reel::mnist
