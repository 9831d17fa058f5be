// Saving and loading weights: the same bits, and no change if a file does not fit.
#include <reel/nn/weights.h>

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <reel/nn/linear.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/sequential.h>

#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

namespace fs = std::filesystem;

using Folder = TemporaryFolder;

// A module with an untrained part.
struct Shift : Module {
  Tensor offset = vector({1, -2});
  Var forward(const Var& x) const override { return x + offset; }
  void visit(Visitor& v) override { v("offset", offset); }
};

Sequential make_model(std::uint64_t seed) {
  Sequential model(Linear(3, 2), relu, Shift(), Linear(2, 4, {.bias = false}));
  Rng rng(seed);
  init(model, rng);
  return model;
}

const std::vector<std::string> parts{"0.weight", "0.bias", "2.offset", "3.weight"};

// The bytes of all numbers in the model.
std::string bits(const Module& model) {
  std::string result;
  for (const NamedState& state : state_of(model)) {
    const Tensor& value = state.value();
    result.append(reinterpret_cast<const char*>(value.data()), value.size() * sizeof(Real));
  }
  return result;
}

Error::Kind kind_of(const Module& model, const fs::path& path) {
  try {
    save_weights(model, path);
  } catch (const Error& error) {
    return error.kind();
  }
  return Error::Kind::failure;
}

// The file must be refused as an input, with this message after its name, and must change nothing.
void check_refused(const fs::path& path, const std::string& message) {
  CAPTURE(message);
  Sequential model = make_model(5);
  const std::string before = bits(model);
  try {
    load_weights(model, path);
    FAIL("the file was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::input);
    CHECK(error.what() == concat("[weights] ", fs::absolute(path).string(), ": ", message));
  }
  CHECK(bits(model) == before);
}

TEST_CASE("weights: what was saved is loaded, to the bit") {
  const Folder folder;
  Sequential model = make_model(1), other = make_model(2);
  using Limits = std::numeric_limits<Real>;
  model.parameters()[0].mutate() =
      from_values({2, 3}, std::vector<Real>{Limits::denorm_min(), -Real(0), Limits::max(),
                                            Limits::infinity(), Limits::quiet_NaN(), Real(1) / 3});
  dynamic_cast<Shift&>(model[2]).offset = vector({Real(0.1), 7});
  REQUIRE(bits(model) != bits(other));
  save_weights(model, folder / "net");
  CHECK(load_weights(other, folder / "net").empty());
  CHECK(bits(other) == bits(model));
  CHECK(dynamic_cast<Shift&>(other[2]).offset == vector({Real(0.1), 7}));

  // into layers without values
  Sequential fresh(Linear(3, 2), relu, Shift(), Linear(2, 4, {.bias = false}));
  load_weights(fresh, folder / "net");
  CHECK(bits(fresh) == bits(model));

  // and again: equal models give equal files
  save_weights(fresh, folder / "again");
  std::ifstream a(folder / "net", std::ios::binary), b(folder / "again", std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator(a), {}) ==
        std::string(std::istreambuf_iterator(b), {}));
}

TEST_CASE("weights: the file names each part by its path") {
  const Folder folder;
  save_weights(make_model(1), folder / "net");
  std::vector<std::string> names;
  for (const NamedTensor& tensor : load_safetensors(folder / "net").tensors)
    names.push_back(tensor.name);
  CHECK(names == parts);
}

TEST_CASE("weights: metadata") {
  const Folder folder;
  Sequential model = make_model(1);
  const std::map<std::string, std::string> metadata{
      {"layers", "3-2-4"}, {"note", "ä \"quoted\"\nline"}, {"", "empty key"}};
  save_weights(model, folder / "net", metadata);
  CHECK(load_weights(model, folder / "net") == metadata);
}

TEST_CASE("weights: a file whose tensors are not the model's is refused") {
  const Folder folder;
  save_weights(make_model(1), folder / "net");
  const SafeTensors good = load_safetensors(folder / "net");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    SafeTensors missing = good, renamed = good, reshaped = good;
    missing.tensors.erase(missing.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    save_safetensors(folder / "bad", missing);
    check_refused(folder / "bad", "there is no tensor \"" + parts[i] + "\".");
    renamed.tensors[i].name += "s";
    save_safetensors(folder / "bad", renamed);
    check_refused(folder / "bad", "there is no tensor \"" + parts[i] + "\".");
    const Shape own = good.tensors[i].value.shape(), flat{1, element_count(own)};
    reshaped.tensors[i].value.reshape(flat);
    save_safetensors(folder / "bad", reshaped);
    check_refused(folder / "bad", concat("\"", parts[i], "\" has shape ", to_string(flat),
                                         ", the model's has ", to_string(own), '.'));
  }
  SafeTensors additional = good;
  additional.tensors.insert(additional.tensors.begin() + 2, {"0.bias\n2", vector({1})});
  save_safetensors(folder / "bad", additional);
  check_refused(folder / "bad", "the model has no \"0.bias\\x0a2\".");
  save_safetensors(folder / "bad", {});
  check_refused(folder / "bad", "there is no tensor \"0.weight\".");
}

TEST_CASE("weights: a file that is missing, or is none, is refused") {
  const Folder folder;
  Sequential model = make_model(1);
  const std::string before = bits(model);
  CHECK_ERROR((folder / "none").string(), load_weights(model, folder / "none"));
  std::ofstream(folder / "text") << "not weights";
  CHECK_ERROR((folder / "text").string(), load_weights(model, folder / "text"));
  save_weights(model, folder / "net");
  fs::resize_file(folder / "net", fs::file_size(folder / "net") - 1);
  CHECK_ERROR((folder / "net").string(), load_weights(model, folder / "net"));
  CHECK(bits(model) == before);
}

TEST_CASE("weights: a path that cannot be written") {
  const Folder folder;
  const Sequential model = make_model(1);
  CHECK(kind_of(model, folder / "none" / "net") == Error::Kind::system);
  CHECK(kind_of(model, folder / "") == Error::Kind::system);
  CHECK_ERROR((folder / "none" / "net").string(), save_weights(model, folder / "none" / "net"));
}

TEST_CASE("weights: a model without values cannot be saved") {
  const Folder folder;
  CHECK_ERROR("[parameter \"weight\"] of shape (2,3) has no values yet. Hint: call nn::init",
              save_weights(Linear(3, 2), folder / "x"));
  CHECK_FALSE(fs::exists(folder / "x"));
}

// The bytes of a file with one tensor "weight" (1,2) of the given type.
template <class Stored>
std::string file_of(const char* dtype, Stored first, Stored second) {
  std::string header = concat(R"({"weight":{"dtype":")", dtype,
                              R"(","shape":[1,2],"data_offsets":[0,)", 2 * sizeof(Stored), "]}}");
  const Stored values[]{first, second};
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  bytes += header;
  return bytes.append(reinterpret_cast<const char*>(values), sizeof values);
}

TEST_CASE("weights: a file of the other precision is converted") {
  const Folder folder;
  Linear layer(2, 1, {.bias = false});
  const auto load = [&](const std::string& bytes) {
    std::ofstream(folder / "net", std::ios::binary) << bytes;
    load_weights(layer, folder / "net");
    return layer.weight.value();
  };
  CHECK(load(file_of("F64", 0.1, -1e-3)) == matrix({{Real(0.1), Real(-1e-3)}}));
  CHECK(load(file_of("F32", 0.1f, -1e-3f)) == matrix({{Real(0.1f), Real(-1e-3f)}}));
  if (sizeof(Real) == 4) {  // a number that float cannot hold is refused, not turned into infinity
    CHECK_ERROR("\"weight\"", load(file_of("F64", 1.0, 1e39)));
    CHECK(layer.weight.value() == matrix({{Real(0.1f), Real(-1e-3f)}}));
  } else {
    CHECK(load(file_of("F64", 1.0, 1e39)) == matrix({{1, Real(1e39)}}));
  }
}

}  // namespace
}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
