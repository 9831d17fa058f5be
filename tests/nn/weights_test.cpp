// Saving and loading weights: the same bits, and no change if a file does not fit.
#include <reel/nn/weights.h>

#include <doctest/doctest.h>

#include <algorithm>
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

#include <reel/autodiff/core/file.h>
#include <reel/nn/linear.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/sequential.h>
#include <reel/nn/weight_names.h>

#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

namespace fs = std::filesystem;

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
  const TemporaryFolder folder;
  Sequential model = make_model(1), other = make_model(2);
  using Limits = std::numeric_limits<Real>;
  model.parameters()[0].mutate() =
      from_values({2, 3}, std::vector<Real>{Limits::denorm_min(), -Real(0), Limits::max(),
                                            Limits::infinity(), Limits::quiet_NaN(), Real(1) / 3});
  dynamic_cast<Shift&>(model[2]).offset = vector({Real(0.1), 7});
  REQUIRE(bits(model) != bits(other));
  save_weights(model, folder / "net");
  CHECK(load_weights(other, folder / "net").loaded == parts);
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
  const TemporaryFolder folder;
  save_weights(make_model(1), folder / "net");
  std::vector<std::string> names;
  for (const NamedTensor& tensor : load_safetensors(folder / "net").tensors)
    names.push_back(tensor.name);
  CHECK(names == parts);
}

TEST_CASE("weights: metadata") {
  const TemporaryFolder folder;
  Sequential model = make_model(1);
  const std::map<std::string, std::string> metadata{
      {"layers", "3-2-4"}, {"note", "ä \"quoted\"\nline"}, {"", "empty key"}};
  save_weights(model, folder / "net", {.metadata = metadata});
  CHECK(load_weights(model, folder / "net").metadata == metadata);
}

TEST_CASE("weights: a file whose tensors are not the model's is refused") {
  const TemporaryFolder folder;
  save_weights(make_model(1), folder / "net");
  const SafeTensors good = load_safetensors(folder / "net");
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string part = in_quotes(parts[i]);
    std::vector<std::string> rest = parts;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    SafeTensors missing = good, renamed = good, reshaped = good;
    missing.tensors.erase(missing.tensors.begin() + static_cast<std::ptrdiff_t>(i));
    save_safetensors(folder / "bad", missing);
    check_refused(folder / "bad", concat("lacks 1 of the model's 4 tensors: ", part,
                                         "; it has only ", list_names(rest), '.'));
    renamed.tensors[i].name += "s";
    save_safetensors(folder / "bad", renamed);
    check_refused(folder / "bad",
                  concat("lacks 1 of the model's 4 tensors: ", part,
                         "; it has 1 tensor that the model lacks: \"", parts[i], "s\"."));
    const Shape own = good.tensors[i].value.shape(), flat{1, element_count(own)};
    reshaped.tensors[i].value.reshape(flat);
    save_safetensors(folder / "bad", reshaped);
    check_refused(folder / "bad", concat(part, " has shape ", to_string(flat), ", the model's has ",
                                         to_string(own), '.'));
  }
  SafeTensors additional = good;
  additional.tensors.insert(additional.tensors.begin() + 2, {"0.bias\n2", vector({1})});
  save_safetensors(folder / "bad", additional);
  check_refused(folder / "bad",
                "has 1 tensor that the model lacks: \"0.bias\\x0a2\"; the model has: \"0.weight\", "
                "\"0.bias\", \"2.offset\", \"3.weight\". Hint: {.strict = false} leaves them out.");
  save_safetensors(folder / "bad", {});
  check_refused(folder / "bad",
                "lacks 4 of the model's 4 tensors: \"0.weight\", \"0.bias\", \"2.offset\", "
                "\"3.weight\"; it has none.");
}

TEST_CASE("weights: a transposed weight is called that") {
  const TemporaryFolder folder;
  SafeTensors file{{{"weight", zeros({3, 2})}}, {}};
  Linear layer(3, 2, {.bias = false});
  CHECK_ERROR(
      "net: \"weight\" has shape (3,2), the model's has (2,3). Hint: it is transposed; Linear has",
      load_weights(layer, file, "net"));
  file.tensors[0].name = "w.kernel";
  CHECK_ERROR("\"w.kernel\" has shape (3,2), the model's \"weight\" has (2,3). Hint",
              load_weights(layer, file, "net", {.rename = {{"w.kernel", "weight"}}}));
}

TEST_CASE("weights: the hint renames what differs by a part in front, or layer by layer") {
  const TemporaryFolder folder;
  const Shape weight0{2, 3}, bias0{2}, offset2{2}, weight3{4, 2};
  const auto hint = [&](const std::vector<std::pair<std::string, Shape>>& tensors) {
    SafeTensors file;
    for (const auto& [name, shape] : tensors) file.tensors.push_back({name, zeros(shape)});
    Sequential model = make_model(1);
    const std::string text = message_of([&] { load_weights(model, file, "net"); });
    return text.substr(std::min(text.size(), text.find("Hint")));
  };
  CHECK(hint({{"module.3.weight", weight3},
              {"module.0.bias", bias0},
              {"module.0.weight", weight0},
              {"module.2.offset", offset2}}) == "Hint: {.rename = {{\"module\", \"\"}}}.");
  CHECK(hint({{"a.b.0.weight", weight0},
              {"a.b.0.bias", bias0},
              {"a.b.2.offset", offset2},
              {"a.b.3.weight", weight3}}) == "Hint: {.rename = {{\"a.b\", \"\"}}}.");
  const std::string layers =
      "Hint: {.rename = {{\"fc1\", \"0\"}, {\"norm\", \"2\"}, {\"größe\", \"3\"}}}.";
  CHECK(hint({{"fc1.bias", bias0},
              {"fc1.weight", weight0},
              {"größe.weight", weight3},
              {"norm.offset", offset2}}) == layers);
  CHECK(hint({{"fc1.bias", bias0},  // of another shape
              {"fc1.weight", weight0},
              {"größe.weight", weight0},
              {"norm.offset", offset2}}) == "");
  CHECK(hint({{"fc1.bias", bias0},  // of another name
              {"fc1.kernel", weight0},
              {"größe.weight", weight3},
              {"norm.offset", offset2}}) == "");
  CHECK(hint({{"a", weight0}, {"b", bias0}, {"c", offset2}, {"d", weight3}}) == "");

  Sequential inner(make_model(1), relu);  // its names begin with "0."
  const SafeTensors file = [&] {
    save_weights(make_model(2), folder / "net");
    return load_safetensors(folder / "net");
  }();
  CHECK_ERROR("Hint: {.rename = {{\"\", \"0\"}}}.", load_weights(inner, file, "net"));
  CHECK(load_weights(inner, file, "net", {.rename = {{"", "0"}}}).loaded.size() == 4);
}

TEST_CASE("weights: long lists are shortened") {
  Sequential model;
  for (int i = 0; i < 9; ++i) model.add(Linear(1, 1));
  const std::string message = message_of([&] {
    load_weights(model, {{{std::string(300, 'x'), vector({1})}}, {}}, "net");
  });
  CHECK(message.find("lacks 18 of the model's 18 tensors: \"0.weight\", \"0.bias\", \"1.weight\", "
                     "\"1.bias\", … (14 more); it has 1 tensor that the model lacks: \"xxx") !=
        std::string::npos);
  CHECK(message.size() < 400);
}

TEST_CASE("weights: a name is renamed by its whole parts") {
  CHECK(renamed("fc1.weight", {{"fc1", "0"}}) == "0.weight");
  CHECK(renamed("fc10.weight", {{"fc1", "0"}}) == "fc10.weight");
  CHECK(renamed("fc1", {{"fc1", "0.weight"}}) == "0.weight");
  CHECK(renamed("a.b.c", {{"a", ""}}) == "b.c");
  CHECK(renamed("a.b.c", {{"", "net"}}) == "net.a.b.c");
  CHECK(renamed("a.b.c", {{"", ""}}) == "a.b.c");
  CHECK(renamed("a.b.c", {{"a.", "x."}}) == "x.b.c");
  CHECK(renamed("a.b.c", {{"b", "x"}, {"a.b.c.d", "y"}, {"a.b", "z"}, {"a", "w"}}) == "z.c");
}

TEST_CASE("weights: whole parts are renamed, by the first pair that fits, and back") {
  const TemporaryFolder folder;
  Sequential model = make_model(1), other = make_model(2);
  const std::vector<Rename> rename{{"in.", "0"}, {"deep.out", "3"}, {"shift", "2.offset"}};
  save_weights(model, folder / "net", {.rename = rename});
  std::vector<std::string> names;
  for (const NamedTensor& tensor : load_safetensors(folder / "net").tensors)
    names.push_back(tensor.name);
  CHECK(names == std::vector<std::string>{"in.weight", "in.bias", "shift", "deep.out.weight"});
  CHECK(load_weights(other, folder / "net", {.rename = rename}).loaded == parts);
  CHECK(bits(other) == bits(model));
  CHECK_ERROR("lacks 4 of", load_weights(other, folder / "net"));

  // "i" is no part of a name, and the first pair wins
  CHECK_ERROR(
      "lacks 2 of the model's 4 tensors: \"0.weight\", \"0.bias\"; it has 2 tensors that the "
      "model lacks: \"in.weight\", \"in.bias\".",
      load_weights(other, folder / "net",
                   {.rename = {{"i", "0"}, {"in", "in"}, rename[0], rename[1], rename[2]}}));
  CHECK_ERROR("both \"in.weight\" and \"deep.out.weight\" are renamed to \"3.weight\"",
              load_weights(other, folder / "net", {.rename = {{"in", "3"}, {"deep.out", "3"}}}));
  CHECK_ERROR("the name \"x.weight\" is taken",
              save_weights(model, folder / "net", {.rename = {{"x", "0"}, {"x", "3"}}}));
}

TEST_CASE("weights: without strict, what fits is loaded, and the report has the rest") {
  Sequential model = make_model(1);
  const std::string before = bits(model);
  SafeTensors file{
      {{"0.bias", vector({7, 8})}, {"more", scalar(1)}},
      {{"k", "v"}},
      {{"0.num_batches_tracked", "I64", {}, std::string(8, '\1')}, {"code", "F8_E4M3", {1}, "a"}}};
  const LoadReport report = load_weights(model, file, "net", {.strict = false});
  CHECK(report.loaded == std::vector<std::string>{"0.bias"});
  CHECK(report.missing == std::vector<std::string>{"0.weight", "2.offset", "3.weight"});
  CHECK(report.unexpected == std::vector<std::string>{"more", "code"});
  REQUIRE(report.skipped.size() == 1);
  CHECK(report.skipped[0] == file.others[0]);
  CHECK(report.metadata == file.metadata);
  CHECK(report.describe() ==
        "loaded 1 tensor; 3 missing: \"0.weight\", \"2.offset\", \"3.weight\"; 2 unexpected: "
        "\"more\", \"code\"; 1 skipped: \"0.num_batches_tracked\"");
  const auto states = state_of(model);
  CHECK(states[1].value() == vector({7, 8}));
  Sequential untouched = make_model(1);
  untouched.parameters()[1].set_value(vector({7, 8}));
  CHECK(bits(model) == bits(untouched));

  const auto refused = [&](const char* text) {
    const std::string now = bits(model);
    CHECK_ERROR(text, load_weights(model, file, "net", {.strict = false}));
    CHECK(bits(model) == now);
  };
  file.tensors[0].value = vector({1, 2, 3});
  refused("\"0.bias\" has shape (3), the model's has (2).");
  file.tensors.erase(file.tensors.begin());
  refused("lacks 4 of the model's 4 tensors");
  file.tensors.clear();
  file.others[0].name = "0.bias";
  refused("\"0.bias\" is of dtype I64, expected F16, BF16, F32 or F64.");
}

TEST_CASE("weights: strict leaves out whole numbers, and nothing else") {
  Linear layer(2, 1, {.bias = false});
  SafeTensors file{{{"weight", matrix({{1, 2}})}}, {}, {{"steps", "I32", {}, "1234"}}};
  const LoadReport report = load_weights(layer, file, "net", {.rename = {{"steps", "n.steps"}}});
  REQUIRE(report.skipped.size() == 1);
  CHECK(report.skipped[0].name == "n.steps");
  file.others[0].dtype = "C64";
  CHECK_ERROR("has 1 tensor that the model lacks: \"steps\"", load_weights(layer, file, "net"));
}

TEST_CASE("weights: a shared parameter is written once, or under each of its names") {
  const TemporaryFolder folder;
  Linear first(2, 2), second(2, 2);
  second.weight = first.weight;
  Sequential model(std::move(first), std::move(second));
  Rng rng(1);
  init(model, rng);
  const auto names = [&] {
    std::vector<std::string> result;
    for (const NamedTensor& tensor : load_safetensors(folder / "net").tensors)
      result.push_back(tensor.name);
    return result;
  };
  save_weights(model, folder / "net");
  CHECK(names() == std::vector<std::string>{"0.weight", "0.bias", "1.bias"});
  save_weights(model, folder / "net", {.all_names = true});
  CHECK(names() == std::vector<std::string>{"0.weight", "1.weight", "0.bias", "1.bias"});
  CHECK(load_weights(model, folder / "net").loaded.size() == 3);
}

TEST_CASE("weights: a file that is missing, or is none, is refused") {
  const TemporaryFolder folder;
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
  const TemporaryFolder folder;
  const Sequential model = make_model(1);
  CHECK(kind_of(model, folder / "none" / "net") == Error::Kind::system);
  CHECK(kind_of(model, folder / "") == Error::Kind::system);
  CHECK_ERROR((folder / "none" / "net").string(), save_weights(model, folder / "none" / "net"));
}

TEST_CASE("weights: a model without values cannot be saved") {
  const TemporaryFolder folder;
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
  const TemporaryFolder folder;
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
