// Weights that PyTorch wrote: loaded, the outputs compared, saved again, and compared with
// PyTorch's. tests/golden/make_torch_weights.py makes the files; with --back it runs this test, and
// PyTorch loads the files that the test has saved.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/ops/elementary.h>
#include <reel/autodiff/ops/reduction.h>
#include <reel/autodiff/ops/shape.h>
#include <reel/autodiff/ops/trigonometric.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/embedding.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weights.h>

#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

namespace fs = std::filesystem;

const fs::path golden = fs::path(REEL_SOURCE_DIR) / "tests/golden/torch";
const std::vector<std::string> dtypes{"F64", "F32", "F16", "BF16"};

// ---- the models of make_torch_weights.py

Sequential batch_norm_mlp() {
  return Sequential(Linear(4, 6), BatchNorm(6), relu, Linear(6, 5), BatchNorm(5, {.eps = 1e-3}),
                    tanh, Linear(5, 3));
}

struct Named : Module {
  Linear fc1{4, 8}, out{8, 3};
  LayerNorm norm{8};
  Var forward(const Var& x) const override { return out(reel::tanh(norm(fc1(x)))); }
  void visit(Visitor& v) override {
    v("fc1", fc1);
    v("norm", norm);
    v("größe", out);
  }
};

struct Words : Module {
  Embedding embedding{7, 4};
  Sequential net{Linear(8, 6), BatchNorm(6), relu, LayerNorm(6, {.eps = 1e-3}), Linear(6, 2)};
  Var forward(const Var& x) const override { return net(reshape(embedding(x), {x.shape()[0], 8})); }
  void visit(Visitor& v) override {
    v("embedding", embedding);
    v("net", net);
  }
};

struct Tied : Module {
  Embedding embedding{7, 4};
  Linear hidden{4, 4}, out{4, 7, {.bias = false}};
  Tied() { out.weight = embedding.weight; }
  Var forward(const Var& x) const override { return out(reel::tanh(hidden(embedding(x)))); }
  void visit(Visitor& v) override {
    v("embedding", embedding);
    v("hidden", hidden);
    v("out", out);
  }
};

// ---- comparison

// The folder for the files that are saved: for --back, one that stays.
struct Folder {
  std::optional<TemporaryFolder> temporary;
  fs::path path;
  Folder() {
    const char* asked = std::getenv("REEL_TORCH_WEIGHTS");
    path = asked ? fs::path(asked) : temporary.emplace().path;
  }
};

fs::path file_of(const std::string& name, const std::string& dtype) {
  return golden / concat(name, '.', dtype, ".safetensors");
}

const Tensor& find(const SafeTensors& file, const std::string& name) {
  const auto found = std::find_if(file.tensors.begin(), file.tensors.end(),
                                  [&](const NamedTensor& tensor) { return tensor.name == name; });
  REQUIRE_MESSAGE(found != file.tensors.end(), name);
  return found->value;
}

// Compares the outputs in eval mode with PyTorch's, relative to the largest.
void check_outputs(Module& model, const std::string& name, const std::string& dtype) {
  const SafeTensors cases =
      load_safetensors(golden / concat(name, '.', dtype, ".cases.safetensors"));
  model.eval();
  const Tensor y = model(find(cases, "input")).value(), &expected = find(cases, "output");
  REQUIRE(y.shape() == expected.shape());
  Real largest = 0, difference = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    largest = std::max(largest, std::abs(expected.data()[i]));
    difference = std::max(difference, std::abs(y.data()[i] - expected.data()[i]));
  }
  CHECK(largest > 0.1);
  CHECK(difference <= (sizeof(Real) == 4 ? Real(1e-6) : Real(1e-13)) * largest);
}

// The same names with the same bits; the order may be another one.
void check_same(const SafeTensors& a, const SafeTensors& b) {
  CHECK(a.metadata == b.metadata);
  CHECK(a.others == b.others);
  CHECK(a.tensors.size() == b.tensors.size());
  for (const NamedTensor& tensor : a.tensors) {
    CAPTURE(tensor.name);
    const Tensor &value = tensor.value, &other = find(b, tensor.name);
    REQUIRE(value.shape() == other.shape());
    CHECK(std::memcmp(value.data(), other.data(), value.size() * sizeof(Real)) == 0);
  }
}

// Loads each of PyTorch's files, compares the outputs, saves the model for PyTorch, and compares
// the two files.
template <class MakeModel>
void check_model(const std::string& name, const MakeModel& make,
                 const std::vector<Rename>& rename = {}) {
  const Folder folder;
  for (const std::string& dtype : dtypes) {
    CAPTURE(dtype);
    auto model = make();
    const LoadReport report = load_weights(model, file_of(name, dtype), {.rename = rename});
    CHECK(report.missing.empty());
    CHECK(report.unexpected.empty());
    check_outputs(model, name, dtype);

    const fs::path saved = folder.path / concat(name, '.', dtype, ".safetensors");
    save_weights(model, saved,
                 {.metadata = report.metadata,
                  .rename = rename,
                  .all_names = true,
                  .others = report.skipped});
    check_same(load_safetensors(file_of(name, dtype)), load_safetensors(saved));
  }
}

TEST_CASE("torch weights: an MLP with batch norm, and its counters of batches") {
  check_model("batch-norm", batch_norm_mlp);
  Sequential model = batch_norm_mlp();
  const LoadReport report = load_weights(model, file_of("batch-norm", "F32"));
  CHECK(report.loaded.size() == 14);
  CHECK(report.skipped ==
        std::vector<RawTensor>{{"1.num_batches_tracked", "I64", {}, {5, 0, 0, 0, 0, 0, 0, 0}},
                               {"4.num_batches_tracked", "I64", {}, {5, 0, 0, 0, 0, 0, 0, 0}}});
  CHECK(report.metadata == std::map<std::string, std::string>{{"format", "pt"}});
  CHECK(report.describe() ==
        "loaded 14 tensors; 2 skipped: \"1.num_batches_tracked\", \"4.num_batches_tracked\"");
}

TEST_CASE("torch weights: layer norm, and names that are not ASCII") {
  check_model("named", [] { return Named(); });
}

TEST_CASE("torch weights: a Sequential with the names of a model with names") {
  check_model("named", [] { return Sequential(Linear(4, 8), LayerNorm(8), tanh, Linear(8, 3)); },
              {{"fc1", "0"}, {"norm", "1"}, {"größe", "3"}});
}

TEST_CASE("torch weights: an embedding, batch norm and layer norm within a module") {
  check_model("words", [] { return Words(); });
}

TEST_CASE("torch weights: a tied weight, with both names") {
  check_model("tied", [] { return Tied(); });
}

TEST_CASE("torch weights: a tied weight with one name, whichever it is") {
  for (const std::string& dtype : dtypes) {
    CAPTURE(dtype);
    const fs::path path = file_of("tied-one", dtype);
    SafeTensors file = load_safetensors(path);
    for (const char* name : {"embedding.weight", "out.weight"}) {
      file.tensors[0].name = name;
      REQUIRE(file.tensors[0].value.shape() == Shape{7, 4});
      Tied model;
      const LoadReport report = load_weights(model, file, path);
      CHECK(report.loaded ==
            std::vector<std::string>{"embedding.weight", "hidden.weight", "hidden.bias"});
      check_outputs(model, "tied", dtype);
      CHECK(model.out.weight == model.embedding.weight);

      const TemporaryFolder folder;  // by default, Reel writes the first name only
      save_weights(model, folder / "net", {.metadata = report.metadata});
      check_same(load_safetensors(path), load_safetensors(folder / "net"));
    }
  }
}

TEST_CASE("torch weights: two names of a tied weight with two values are refused") {
  SafeTensors file = load_safetensors(file_of("tied", "F32"));
  for (NamedTensor& tensor : file.tensors)
    if (tensor.name == "out.weight") tensor.value.data()[3] += 1;
  Tied model;
  CHECK_ERROR("\"embedding.weight\" and \"out.weight\" differ, but the model shares one parameter",
              load_weights(model, file, "net"));
  CHECK_FALSE(model.hidden.weight.initialised());
}

TEST_CASE("torch weights: the training goes on from them") {
  Tied model;
  load_weights(model, file_of("tied", "F16"));
  const Tensor before = model.embedding.weight.value();
  Tape tape;
  const Var loss = mean(square(model(vector({0, 3, 3}))));
  tape.backward(loss);
  CHECK(model.out.weight.gradient());
  CHECK(model.embedding.weight.value() == before);
  CHECK(model.parameters().size() == 3);
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
