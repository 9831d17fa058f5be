// Mistakes with data, training loops and files.
#include <fstream>

#include <reel/autodiff/core/file.h>

#include "../nn/models.h"
#include "../temporary_folder.h"
#include "../train/quadrants.h"
#include "mistake.h"

using namespace reel;

namespace {

nn::Sequential tanh_net(std::size_t in = 2, std::size_t out = 2) {
  return initialised(nn::mlp({in, 4, out}, nn::tanh));
}

// Trains a model for two inputs and classes on 20 samples.
std::string train_with(const train::FitOptions& options, nn::Sequential model = tanh_net()) {
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  Rng rng(1);
  const train::FitResult result = train::fit(model, sgd, train::quadrants(20), rng, options);
  return result.status == train::FitStatus::diverged ? "status diverged" : "";
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("mistakes: data") {
  Rng rng(1);
  const data::Dataset samples = train::quadrants(20);
  const std::vector<Label> two = {0, 1};
  const data::Augmentation augmentation({.shift = 1});
  check_mistakes({
      {"fewer labels than samples",
       [&] {
         return data::Dataset(zeros({3, 4}), two);
       },
       "[dataset] \"data\" has 3 samples but 2 labels."},
      {"a negative label",
       [] {
         return data::Dataset(zeros({2, 4}), std::vector<Label>{0, -1});
       },
       "[dataset] \"data\": label -1 at index 1 is negative."},
      {"labels from 1 to 10 of ten classes",
       [] {
         return data::Dataset(zeros({2, 4}), std::vector<Label>{1, 10}, {.classes = 10});
       },
       "[dataset] \"data\": label 10 at index 1, expected 0 to 9."},
      {"no samples",
       [] {
         return data::Dataset(zeros({0, 4}), std::vector<Label>());
       },
       "[dataset] \"data\" has no samples."},
      {"one number as samples", [] { return data::Dataset(scalar(1), std::vector<Label>{1}); },
       "[dataset] \"data\": the inputs are one number, expected shape (n, …)."},
      {"two names for three classes",
       [&] {
         return data::Dataset(zeros({2, 4}), two, {.classes = 3, .class_names = {"a", "b"}});
       },
       "[dataset] \"data\" has 3 classes but 2 class names."},
      {"a scale of 0",
       [&] {
         return data::Dataset::from_bytes(SharedBytes(std::vector<std::uint8_t>(8)), {4}, two, {},
                                          0);
       },
       "[dataset] scale 0, expected a finite number other than 0."},
      {"bytes of another sample shape",
       [&] {
         return data::Dataset::from_bytes(SharedBytes(std::vector<std::uint8_t>(9)), {4}, two);
       },
       "[dataset] \"data\": 9 bytes are not a multiple of a sample of shape (4)."},
      {"a sample that does not exist", [&] { return samples.sample(20); },
       "[dataset] \"data\": row 20 of 20 samples."},
      {"a class that does not exist", [&] { return samples.class_name(2); },
       "[dataset] \"data\": class 2 of 2."},
      {"a subset of nothing", [&] { return samples.subset(std::vector<std::uint32_t>()); },
       "[dataset] \"data\": no rows were asked for."},
      {"split off a part in percent", [&] { return data::split(samples, 20, rng); },
       "[split] fraction 20, expected 0 to below 1."},
      {"split off less than a sample", [&] { return data::split(samples, 0.001, rng); },
       "[split] a fraction of 0.001 of the 20 samples of \"data\" is 0, which leaves one part "
       "empty."},
      {"batches of 0", [&] { return data::batches(samples, {.batch_size = 0}); },
       "[batches] batch_size 0, expected at least 1."},
      {"batches above the data with drop_last",
       [&] { return data::batches(samples, {.batch_size = 64, .drop_last = true}); },
       "[batches] the 20 samples of \"data\" are fewer than one batch of 64, which drop_last would "
       "drop. Hint: take smaller batches."},
      {"batches of a data set that was never made", [] { return data::batches(data::Dataset()); },
       "[batches] the data set is empty."},
      {"augmentation by a factor in place of a share",
       [] { return data::Augmentation({.scale = 1.1}); },
       "[augmentation] scale = 1.1, expected 0 to below 1."},
      {"augmentation of rows of a table",
       [&] { return data::batches(samples, {.augmentation = &augmentation}, rng); },
       "[augmentation] samples of shape (2), expected images: (rows,columns) or "
       "(rows,columns,channels)."},
      {"augmentation in order",
       [&] {
         return data::batches(data::Dataset(zeros({2, 4, 4})), {.augmentation = &augmentation});
       },
       "[batches] an augmentation draws random numbers, and there is no generator. Hint: pass an "
       "Rng to batches."},
      {"the name of a folder that does not exist",
       [] { return data::load_mnist("/no/such/folder"); },
       "[mnist] /no/such/folder: no such folder. Hint: name the folder that holds the four files "
       "of MNIST or Fashion-MNIST."},
      {"a folder without images",
       [] {
         const TemporaryFolder folder;
         return data::load_images(folder.path);
       },
       "[images] …: has no images. Hint: a .csv file, or a folder with the four IDX files of "
       "MNIST, with train.csv, with x_train.npy and y_train.npy, or with a folder of PNG or PGM "
       "files for each class."},
      {"a set of images that does not exist", [] { return data::load_images("/no/such/set"); },
       "[images] /no/such/set: no such file or folder. Hint: a .csv file, or a folder with the "
       "four IDX files of MNIST, with train.csv, with x_train.npy and y_train.npy, or with a "
       "folder of PNG or PGM files for each class."},
      {"a table in which a line has a pixel that is no byte",
       [] {
         const TemporaryFolder folder;
         std::ofstream(folder / "digits.csv") << "label,p1,p2\n7,0,256\n";
         return data::load_images(folder / "digits.csv");
       },
       "[csv] …/digits.csv: line 2, column \"p2\": \"256\", expected a pixel, a whole number from "
       "0 "
       "to 255."},
      {"an empty folder name", [] { return data::load_mnist(""); },
       "[mnist] the name of the folder is empty."},
      {"a folder without the files",
       [] {
         const TemporaryFolder folder;
         return data::load_mnist(folder.path);
       },
       "[mnist] …: file not found, tried train-images-idx3-ubyte, train-images-idx3-ubyte.gz, "
       "train-images.idx3-ubyte, train-images.idx3-ubyte.gz. Hint: name the folder that holds the "
       "four files of MNIST or Fashion-MNIST."},
      {"a file in place of the folder",
       [] {
         const TemporaryFolder folder;
         write(folder / "images", "x");
         return data::load_mnist(folder / "images");
       },
       "[mnist] …/images: is not a folder. Hint: name the folder that holds the four files of "
       "MNIST or Fashion-MNIST."},
  });
}

TEST_CASE("mistakes: training") {
  Rng rng(1);
  check_mistakes({
      {"no epochs", [] { return train_with({.epochs = 0}); },
       "[fit] epochs = 0, expected at least 1."},
      {"batches of 0", [] { return train_with({.epochs = 1, .batch_size = 0}); },
       "[batches] batch_size 0, expected at least 1."},
      {"accumulate nothing", [] { return train_with({.epochs = 1, .accumulate = 0}); },
       "[fit] accumulate = 0, expected at least 1."},
      {"a model with too few outputs", [] { return train_with({.epochs = 1}, tanh_net(2, 1)); },
       "[fit] the model's output is (20,1), the data set has 2 classes."},
      {"a model for other inputs", [] { return train_with({.epochs = 1}, tanh_net(3, 2)); },
       "[linear \"0\"] expects (batch,3), got (20,2)."},
      {"a negative norm for clipping", [] { return train_with({.epochs = 1, .clip_norm = -1.0}); },
       "[fit] clip_norm = -1, expected finite and ≥ 0."},
      {"early stopping without a validation set",
       [] {
         train::EarlyStopping early({.patience = 3});
         return train_with({.epochs = 1, .early_stopping = &early});
       },
       "[fit] early stopping needs a validation set. Hint: data::split."},
      {"early stopping by a metric that is not computed",
       [] {
         const data::Dataset held_out = train::quadrants(10);
         train::EarlyStopping early({.maximize = "top_2"});
         return train_with({.epochs = 1, .validation = &held_out, .early_stopping = &early});
       },
       "[fit] early stopping judges \"top_2\", and there is no metric with this name. Hint: add it "
       "to `metrics`."},
      {"the average of another model",
       [] {
         train::WeightAverage average(tanh_net(2, 3));
         return train_with({.epochs = 1, .average = &average});
       },
       "[weight_average] the model's \"2.weight\" has shape (2,4), in these weights (3,4)."},
      {"an average that never changes",
       [] { return train::WeightAverage(tanh_net(), {.decay = 1}); },
       "[weight_average] decay = 1 is not in (0, 1)."},
      {"weights of samples for a loss",
       [] {
         return train::cross_entropy_loss({.sample_weights = vector({1, 2})});
       },
       "[cross_entropy_loss] sample_weights are given. Hint: they belong to the data set: "
       "dataset.weighted(weights)."},
      {"the best of no epoch",
       [] {
         nn::Sequential model = tanh_net();
         train::EarlyStopping().copy_to(model);
       },
       "[early_stopping] no evaluation was an improvement yet."},
      {"a loss that does not depend on the model",
       [] {
         return train_with(
             {.epochs = 1, .loss = [](const Var&, const data::Batch&) { return Var(1); }});
       },
       "[backward] the loss depends on no parameter of this tape. Hint: was it computed before the "
       "tape was made, or under NoTape? If it was computed from a gradient, ask for that one with "
       "{.create_graph = true}."},
      {"a loss that is NaN",
       [] {
         return train_with({.epochs = 1, .loss = [](const Var& output, const data::Batch&) {
                              return log(-1 - sum(square(output)));
                            }});
       },
       "status diverged"},
      {"the optimiser of another model",
       [&] {
         nn::Sequential model = tanh_net(), other = tanh_net();
         optim::Sgd sgd(other.parameters(), {.lr = 0.1});
         return train::fit(model, sgd, train::quadrants(20), rng);
       },
       "[sgd] none of its parameters (\"0.weight\", …) has a gradient, but the last loss has given "
       "gradients to \"0.weight\", \"0.bias\", \"2.weight\", \"2.bias\". Hint: was this optimiser "
       "made for another model, or before a layer was replaced?"},
      {"evaluate a model with too many outputs",
       [] {
         nn::Sequential model = tanh_net(2, 3);
         return train::evaluate(model, train::quadrants(20));
       },
       "[evaluate] the model's output is (20,3), the data set has 2 classes."},
      {"evaluate on no samples",
       [] {
         nn::Sequential model = tanh_net();
         return train::evaluate(model, data::Dataset());
       },
       "[batches] the data set is empty."},
      {"predicted_classes of one row",
       [] {
         return train::predicted_classes(vector({1, 2}));
       },
       "[predicted_classes] takes scores (batch,classes), got (2)."},
  });
}

TEST_CASE("mistakes: files") {
  const TemporaryFolder folder;
  nn::Sequential model = tanh_net();
  optim::Adam adam(model.parameters());
  nn::save_weights(model, folder / "good");
  train::save_checkpoint(folder / "adam", adam);
  const auto load = [&](const std::string& bytes) {
    write(folder / "bad", bytes);
    nn::load_weights(model, folder / "bad");
  };
  const std::string good = read_file(folder / "good", "test", 1 << 20);
  check_mistakes({
      {"weights that do not exist", [&] { nn::load_weights(model, folder / "missing"); },
       "[safetensors] …/missing: cannot be opened: No such file or directory."},
      {"a folder as weights", [&] { nn::load_weights(model, folder.path); },
       "[safetensors] …: cannot be read: Is a directory."},
      {"an empty file as weights", [&] { load(""); },
       "[safetensors] …/bad: is 0 bytes long, expected at least 8."},
      {"weights that were cut off", [&] { load(good.substr(0, good.size() - 8)); },
       "[safetensors] …/bad: ends after 168 bytes of values, expected 176."},
      {"a file whose header was cut off", [&] { load(good.substr(0, 50)); },
       "[safetensors] …/bad: ends after 42 bytes of a header of 256."},
      {"PyTorch's zip file as weights",
       [&] {
         load("PK\x03\x04" + std::string(22, '\0') + std::string("\x10\0\0\0", 4) +
              "archive/data.pkl");
       },
       "[safetensors] …/bad: is a file of PyTorch (torch.save), which is a zip of pickles, not "
       "safetensors. Hint: convert its state_dict in Python: "
       "safetensors.torch.save_file(torch.load(\"net.pt\"), \"net.safetensors\"); or a loaded "
       "model: safetensors.torch.save_model(model, \"net.safetensors\")."},
      {"NumPy's file as weights", [&] { load("\x93NUMPY" + std::string(100, ' ')); },
       "[safetensors] …/bad: is an array of NumPy (.npy), not safetensors. Hint: convert it in "
       "Python: safetensors.numpy.save_file({\"weight\": numpy.load(\"w.npy\")}, "
       "\"net.safetensors\")."},
      {"Keras's file as weights", [&] { load("\x89HDF\r\n\x1a\n" + std::string(100, ' ')); },
       "[safetensors] …/bad: is an HDF5 file, as Keras writes it, not safetensors. Hint: write its "
       "arrays from Python by safetensors.numpy.save_file; those of dense layers are (in,out), so "
       "transpose them."},
      {"text as weights", [&] { load("epoch,loss\n1,0.5\n2,0.25\n3,0.125\n"); },
       "[safetensors] …/bad: is no safetensors file: it begins with \"epoch,lo\", expected the "
       "length of a header, 1 to 100000000."},
      {"weights of a model with another width",
       [&] {
         nn::Sequential other = tanh_net(2, 3);
         nn::load_weights(other, folder / "good");
       },
       "[weights] …/good: \"2.weight\" has shape (2,4), the model's has (3,4)."},
      {"weights of a model with more layers",
       [&] {
         nn::Sequential other(nn::Linear(2, 4));
         nn::load_weights(other, folder / "good");
       },
       "[weights] …/good: has 2 tensors that the model lacks: \"2.weight\", \"2.bias\"; the model "
       "has: \"0.weight\", \"0.bias\". Hint: {.strict = false} leaves them out."},
      {"weights of a model with fewer layers",
       [&] {
         nn::Sequential other = initialised(nn::mlp({2, 4, 2, 2}, nn::tanh));
         nn::load_weights(other, folder / "good");
       },
       "[weights] …/good: lacks 2 of the model's 6 tensors: \"4.weight\", \"4.bias\"; it has only "
       "\"0.weight\", \"0.bias\", \"2.weight\", \"2.bias\"."},
      {"weights with other names",
       [&] {
         nn::save_weights(model, folder / "fc", {.rename = {{"fc", ""}}});
         nn::load_weights(model, folder / "fc");
       },
       "[weights] …/fc: lacks 4 of the model's 4 tensors: \"0.weight\", \"0.bias\", \"2.weight\", "
       "\"2.bias\"; it has 4 tensors that the model lacks: \"fc.0.weight\", \"fc.0.bias\", "
       "\"fc.2.weight\", \"fc.2.bias\". Hint: {.rename = {{\"fc\", \"\"}}}."},
      {"a Keras weight, (in,out)",
       [&] {
         nn::save_safetensors(folder / "keras",
                              {{{"weight", zeros({2, 3})}, {"bias", zeros({3})}}, {}});
         nn::Linear layer(2, 3);
         nn::load_weights(layer, folder / "keras");
       },
       "[weights] …/keras: \"weight\" has shape (2,3), the model's has (3,2). Hint: it is "
       "transposed; Linear has (out,in)."},
      {"save weights before nn::init",
       [&] {
         nn::save_weights(nn::mlp({2, 3, 2}, nn::tanh), folder / "new");
       },
       "[parameter \"0.weight\"] of shape (3,2) has no values yet. Hint: call nn::init(model, "
       "rng), or load weights."},
      {"save into a folder that does not exist",
       [&] { nn::save_weights(model, folder / "no/such/file"); },
       "[safetensors] …/no/such/file: cannot be written: No such file or directory."},
      {"the state of an optimiser as weights", [&] { nn::load_weights(model, folder / "adam"); },
       "[weights] …/adam: holds a checkpoint, not the weights of a model alone. Hint: "
       "train::load_checkpoint."},
      {"weights as the state of an optimiser",
       [&] { train::load_checkpoint(folder / "good", adam); },
       "[checkpoint] …/good: holds no checkpoint, but the tensors \"0.weight\", \"0.bias\", "
       "\"2.weight\", \"2.bias\". Hint: nn::load_weights reads the weights of a model."},
      {"the state of another optimiser",
       [&] {
         optim::Sgd sgd(model.parameters(), {.lr = 0.1});
         train::load_checkpoint(folder / "adam", sgd);
       },
       "[checkpoint] …/adam: [sgd] was given a state of \"adam\"."},
      {"one state for two parts",
       [&] {
         optim::Schedule schedule(adam, optim::cosine(10));
         train::load_checkpoint(folder / "adam", adam, schedule);
       },
       "[checkpoint] …/adam: [checkpoint] it has 1 parts, expected 2."},
      {"two tensors of one name",
       [&] {
         nn::save_safetensors(folder / "new", {{{"w", scalar(1)}, {"w", scalar(2)}}, {}});
       },
       "[safetensors] the name \"w\" is taken, expected one for each tensor."},
  });
}
