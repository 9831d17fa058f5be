// A report of a trained network: one HTML page that needs no other file and no network.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <reel/data/dataset.h>
#include <reel/nn/sequential.h>
#include <reel/plot/plot.h>
#include <reel/report/curves.h>
#include <reel/train/evaluate.h>
#include <reel/train/label_suspects.h>
#include <reel/train/units.h>

namespace reel::inline REEL_PRECISION {
namespace report {

/// A line of a list.
struct Fact {
  std::string name;   ///< such as "batch"
  std::string value;  ///< such as "64"
};

/// A class and its probability.
struct Guess {
  std::string name;    ///< of the class
  double probability;  ///< from 0 to 1
};

/// A sample that was taken for another class.
struct Mistake {
  std::size_t row;             ///< in the data set
  Tensor image;                ///< of the data set's sample_shape()
  std::string label;           ///< the name of its class
  std::vector<Guess> guesses;  ///< the most probable classes, the first of them the network's
};

/// A sample whose label may be wrong; see train::label_suspects.
struct Suspect {
  std::size_t row;           ///< its Dataset::source_row
  Tensor image;              ///< of the data set's sample_shape()
  std::string label, other;  ///< the names of its class, and of the one that fits better
  double margin;             ///< ln p(label) − ln p(other)
};

/// A neuron of the first layer, or of the last hidden one.
struct Neuron {
  Tensor weights;                     ///< from the inputs, of sample_shape(); empty: no picture
  std::vector<double> contributions;  ///< weight × mean activation, to each output; may be empty
};

/// The contents of a page. An empty part is left out of it.
struct Report {
  std::string title;                                ///< of the page
  std::vector<Fact> settings = {};                  ///< of the run
  std::vector<Fact> environment = {};               ///< such as the processor and the versions
  std::vector<plot::Chart> charts = {};             ///< such as those of curves.h
  std::vector<std::string> classes = {};            ///< the names of the outputs
  train::Confusion confusion = train::Confusion();  ///< of the test samples
  std::vector<Mistake> mistakes = {};               ///< the most confident ones first
  std::vector<Neuron> first_layer = {};             ///< the weights as pictures
  std::vector<Neuron> last_hidden_layer = {};       ///< if that is another layer
  std::vector<train::HiddenLayer> units = {};       ///< what hidden units do on the test samples
  std::vector<Suspect> suspects = {};               ///< the most suspicious labels first
  std::size_t suspects_among = 0;                   ///< how many samples were searched for them
  std::vector<Sharpness> sharpness = {};            ///< of the loss, by epoch
  std::vector<double> eigenvalues = {};             ///< the Hessian's largest, of the model shown
  std::size_t sharpness_samples = 0;                ///< the samples of that loss
  std::vector<std::string> notes = {};              ///< such as the reason why a part is missing
  std::string drawing_board = {};                   ///< see report::drawing_board
};

/// The samples that the model takes for another class, the most confident mistakes first.
std::vector<Mistake> mistakes(nn::Sequential& model, const data::Dataset& dataset,
                              std::size_t count = 25);
/// The first suspects as the page shows them, those with a negative margin.
std::vector<Suspect> suspects(const std::vector<train::LabelSuspect>& found,
                              const data::Dataset& dataset, std::size_t count = 25);
/// Fills all parts that follow from a model and its test samples: classes, confusion, mistakes,
/// neurons, units, and the drawing board if the model is_drawable. The contributions are those of
/// the last hidden layer, if an activation precedes the last Linear. Throws Error (usage) unless
/// the targets are classes.
void add_model(Report& report, nn::Sequential& model, const data::Dataset& test);

/// Writes the page. Throws Error: kind usage if the parts do not fit together, kind system if the
/// file cannot be written.
///
///     Report report{.title = "Digits", .settings = {{"rate", "0.1"}}};
///     add_model(report, model, images.test);
///     write_page("digits.html", report);
void write_page(const std::filesystem::path& path, const Report& report);

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
