// ONNX files, read back field by field; and the steps that all formats are written from.
#include <reel/exchange/onnx.h>

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/protobuf.h>
#include <reel/exchange/c.h>
#include <reel/exchange/network.h>
#include <reel/exchange/npy.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/embedding.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../nn/models.h"
#include "../temporary_folder.h"
#include "../throws.h"

using namespace reel;

namespace {

// The fields of a message: those of one number in the order of the file. A float is its bits.
struct Fields {
  struct Field {
    std::uint64_t number, value;
    std::string bytes;
  };
  std::vector<Field> all;

  explicit Fields(const std::string& message) {
    std::size_t at = 0;
    const auto varint = [&] {
      std::uint64_t value = 0;
      for (int shift = 0;; shift += 7) {
        REQUIRE(at < message.size());
        const auto byte = static_cast<unsigned char>(message[at++]);
        value |= std::uint64_t(byte & 0x7F) << shift;
        if (byte < 0x80) return value;
      }
    };
    while (at < message.size()) {
      const std::uint64_t tag = varint();
      Field field{tag >> 3, 0, {}};
      if ((tag & 7) == 0) {
        field.value = varint();
      } else {
        const std::size_t size = (tag & 7) == 5 ? 4 : varint();
        REQUIRE(((tag & 7) == 2 || (tag & 7) == 5));
        REQUIRE(size <= message.size() - at);
        field.bytes = message.substr(at, size);
        at += size;
      }
      all.push_back(field);
    }
  }

  std::vector<Field> of(std::uint64_t number) const {
    std::vector<Field> result;
    for (const Field& field : all)
      if (field.number == number) result.push_back(field);
    return result;
  }
  Field one(std::uint64_t number) const {
    REQUIRE(of(number).size() == 1);
    return of(number)[0];
  }
  Fields in(std::uint64_t number) const { return Fields(one(number).bytes); }
  std::vector<std::string> texts(std::uint64_t number) const {
    std::vector<std::string> result;
    for (const Field& field : of(number)) result.push_back(field.bytes);
    return result;
  }
};

Fields read(const std::filesystem::path& path) {
  return Fields(read_file(path, "test", std::size_t{1} << 20));
}

nn::Sequential example() {
  nn::Sequential model(nn::Linear(4, 3), nn::BatchNorm(3), nn::gelu, nn::Dropout(0.5),
                       nn::Linear(3, 2, {.bias = false}));
  return initialised(std::move(model));
}

struct Custom : nn::Module {
  Var forward(const Var& x) const override { return x; }
  std::string describe() const override { return "Custom"; }
};

}  // namespace

TEST_CASE("protobuf: bytes of the four types") {
  protobuf::Message message;
  message.number(1, 150)
      .text(2, "testing")
      .real(3, 1.0F)
      .number(20, ~std::uint64_t{0})
      .real(4, 1.0);
  using namespace std::string_literals;
  CHECK(message.bytes() == "\x08\x96\x01\x12\x07testing\x1d\0\0\x80\x3f\xa0\x01"s +
                               std::string(9, '\xff') + '\x01' + "\x21\0\0\0\0\0\0\xf0\x3f"s);
}

TEST_CASE("onnx: the structure of the file") {
  const TemporaryFolder folder;
  const nn::Sequential model = example();
  exchange::write_onnx(folder / "a.onnx", model, {.softmax = true, .metadata = {{"key", "text"}}});
  const Fields file = read(folder / "a.onnx");
  CHECK(file.one(1).value == 8);
  CHECK(file.one(2).bytes == "Reel");
  CHECK(file.in(8).one(2).value == 17);
  CHECK(file.in(14).one(1).bytes == "key");
  CHECK(file.in(14).one(2).bytes == "text");
  const Fields graph = file.in(7);

  std::vector<std::string> operators;
  std::set<std::string> known{"images"};
  for (const std::string& tensor : graph.texts(5)) known.insert(Fields(tensor).one(8).bytes);
  for (const std::string& bytes : graph.texts(1)) {
    const Fields node(bytes);
    operators.push_back(node.one(4).bytes);
    for (const std::string& input : node.texts(1)) CHECK(known.contains(input));
    CHECK(known.insert(node.one(2).bytes).second);
  }
  CHECK(operators == std::vector<std::string>{"Gemm", "BatchNormalization", "Mul", "Erf", "Add",
                                              "Mul", "Mul", "Gemm", "Softmax"});
  CHECK(known.contains("1.running_var"));

  CHECK(graph.in(11).one(1).bytes == "images");
  const Fields shape = graph.in(11).in(2).in(1).in(2);
  REQUIRE(shape.of(1).size() == 2);
  CHECK(Fields(shape.of(1)[0].bytes).one(2).bytes == "batch");
  CHECK(Fields(shape.of(1)[1].bytes).one(1).value == 4);
  REQUIRE(graph.of(12).size() == 2);
  CHECK(Fields(graph.of(12)[0].bytes).one(1).bytes == "logits");
  CHECK(Fields(graph.of(12)[1].bytes).one(1).bytes == "probabilities");

  const Fields weight(graph.of(5)[0].bytes);
  CHECK(weight.one(8).bytes == "0.weight");
  REQUIRE(weight.of(1).size() == 2);
  CHECK(weight.of(1)[0].value == 3);
  CHECK(weight.of(1)[1].value == 4);
  CHECK(weight.one(2).value == 1);  // float32, also in the library of double
  const std::string raw = weight.one(9).bytes;
  REQUIRE(raw.size() == 12 * sizeof(float));
  for (std::size_t i = 0; i < 12; ++i) {
    float value;
    std::memcpy(&value, raw.data() + 4 * i, 4);
    CHECK(value == static_cast<float>(model.get<nn::Linear>(0).weight.value().data()[i]));
  }
}

TEST_CASE("network: its steps compute what the model does, for each activation") {
  for (const nn::Activation& activation : nn::activations()) {
    CAPTURE(activation.name);
    nn::Sequential model = initialised(
        nn::Sequential(nn::Linear(5, 6), nn::BatchNorm(6), activation, nn::LayerNorm(6), activation,
                       nn::LayerNorm(6, {.affine = false}), nn::Linear(6, 3)));
    Rng rng(2);
    for (Real& x : model.get<nn::BatchNorm>(1).running_mean) x = Real(rng.uniform());
    for (Real& x : model.get<nn::BatchNorm>(1).running_var) x = Real(0.5 + rng.uniform());
    model.eval();
    Tensor x = zeros({7, 5});
    for (Real& each : x) each = Real(rng.normal());
    const Tensor expected = model(x).value();
    const Tensor found = exchange::evaluate(exchange::network_of(model, "test"), x);
    for (std::size_t i = 0; i < expected.size(); ++i)
      CHECK(std::abs(found.data()[i] - expected.data()[i]) < Real(2e-5));
    const TemporaryFolder folder;
    CHECK_NOTHROW(exchange::write_onnx(folder / "a.onnx", model));
    CHECK_NOTHROW(exchange::write_c(folder / "a.c", model));
    CHECK_NOTHROW(exchange::write_c(folder / "b.c", model, {.int8 = true}));
  }
}

TEST_CASE("exchange: models that cannot be exported") {
  const TemporaryFolder folder;
  const auto onnx = [&](const nn::Module& model) {
    exchange::write_onnx(folder / "a.onnx", model);
  };
  CHECK_ERROR("[onnx] \"1\" is Custom, which cannot be exported. Hint:",
              onnx(initialised(nn::Sequential(nn::Linear(2, 2), Custom()))));
  CHECK_ERROR("[onnx] the model is Embedding", onnx(nn::Embedding(3, 2)));
  CHECK_ERROR("[onnx] \"1.0\" is function",
              onnx(initialised(nn::Sequential(
                  nn::Linear(2, 2), nn::Sequential([](const Var& x) { return x * x; })))));
  CHECK_ERROR("[onnx] \"1\" takes 3 values, the layer before it gives 2.",
              onnx(initialised(nn::Sequential(nn::Linear(2, 2), nn::Linear(3, 2)))));
  CHECK_ERROR("[onnx] no layer of the model has a width", onnx(nn::Sequential(nn::relu)));
  CHECK_ERROR("has no values yet", onnx(nn::Linear(2, 2)));
  nn::Linear infinite = initialised(nn::Linear(2, 2));
  infinite.weight.mutate().data()[1] = std::numeric_limits<Real>::infinity();
  CHECK_ERROR("[onnx] \"weight\" has the value inf, expected finite numbers of float32.",
              onnx(infinite));
  CHECK_ERROR(
      "[c] \"1\" is Custom",
      exchange::write_c(folder / "a.c", initialised(nn::Sequential(nn::Linear(2, 2), Custom()))));
  struct Name {
    const char* name;
    const char* objection;
  };
  const Name names[] = {
      {"", "is no identifier"},  {"2x", "is no identifier"}, {"a-b", "is no identifier"},
      {"é", "is no identifier"}, {"int", "is a keyword"},    {"restrict", "is a keyword"},
      {"class", "is a keyword"}, {"xor_eq", "is a keyword"}, {"_x", "is reserved"},
      {"__a", "is reserved"},    {"_Bool", "is reserved"},   {"a__b", "is reserved"},
      {"tanh", "C library"},     {"tanhf", "C library"},     {"fmal", "C library"},
      {"printf", "C library"},   {"malloc", "C library"},    {"main", "C library"},
      {"NULL", "C library"},     {"NAN", "C library"},       {"size_t", "C library"},
      {"std", "C library"}};
  for (const Name& one : names) {
    INFO(std::string(one.name));
    CHECK_ERROR(one.objection, exchange::write_c(folder / "a.c", example(), {.name = one.name}));
  }
  CHECK(folder.files() == 0);
}

TEST_CASE("exchange: names of a C function that only resemble others") {
  const TemporaryFolder folder;
  for (const char* name : {"integer", "classes", "tanhfl", "sin_of", "f", "l", "a_", "Main"})
    CHECK_NOTHROW(exchange::write_c(folder / "a.c", example(), {.name = name}));
}

TEST_CASE("exchange: paths that cannot be written") {
  const TemporaryFolder folder;
  const auto nowhere = folder / "none" / "a";
  CHECK_ERROR("[onnx]", exchange::write_onnx(nowhere, example()));
  CHECK_ERROR("[c]", exchange::write_c(nowhere, example()));
  write_file(folder / "file", "test", "text");
  CHECK_ERROR("file", exchange::write_npy(folder / "file", example()));
  CHECK(folder.files() == 1);
}

TEST_CASE("npy: a file for each tensor, named by path") {
  const TemporaryFolder folder;
  exchange::write_npy(folder / "new", example());
  for (const char* name :
       {"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "4.weight"})
    CHECK(std::filesystem::exists(folder / "new" / (std::string(name) + ".npy")));
  CHECK(std::distance(std::filesystem::directory_iterator(folder / "new"), {}) == 7);
}
