// Writes a model for programs that read ONNX. The numbers of the fields are those of onnx.proto
// (https://github.com/onnx/onnx/blob/v1.12.0/onnx/onnx.proto).
#include <reel/exchange/onnx.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <set>
#include <utility>
#include <vector>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/protobuf.h>
#include <reel/exchange/network.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {
namespace {

using protobuf::Message;

constexpr std::uint64_t ir_version = 8, operator_set = 17;
constexpr std::uint64_t float_tensor = 1;                        // TensorProto.FLOAT
constexpr std::uint64_t float_attribute = 1, int_attribute = 2;  // AttributeProto.FLOAT, INT

Message attribute(std::string_view name, float value) {
  return Message().text(1, name).real(2, value).number(20, float_attribute);
}

Message attribute(std::string_view name, std::int64_t value) {
  return Message()
      .text(1, name)
      .number(3, static_cast<std::uint64_t>(value))  // a negative number is its two's complement
      .number(20, int_attribute);
}

Message input_or_output(std::string_view name, std::size_t width) {
  const Message shape =
      Message().message(1, Message().text(2, "batch")).message(1, Message().number(1, width));
  const Message tensor = Message().number(1, float_tensor).message(2, shape);
  return Message().text(1, name).message(2, Message().message(1, tensor));
}

// The nodes and the initialisers, as the steps add them.
class Graph {
 public:
  // Adds a node, and returns the name of its output.
  std::string add(std::string_view op, const std::vector<std::string>& inputs,
                  std::vector<Message> attributes = {}) {
    nodes_.push_back(
        {std::string(op), inputs, concat("value_", nodes_.size()), std::move(attributes)});
    return nodes_.back().output;
  }

  // The names of a tensor and of a number.
  std::string add(const Values& values) { return add(values.path, values.shape, values.numbers); }
  std::string constant(float value) {
    const std::string name = concat("constant_", value);
    return constants_.insert(name).second ? add(name, {}, {value}) : name;
  }

  void name_last(std::string_view name) { nodes_.back().output = name; }

  Message message() const {
    Message graph;
    for (const Node& node : nodes_) {
      Message one;
      for (const std::string& input : node.inputs) one.text(1, input);
      one.text(2, node.output).text(3, "make_" + node.output).text(4, node.op);
      for (const Message& each : node.attributes) one.message(5, each);
      graph.message(1, one);
    }
    graph.text(2, "network");
    for (const Message& each : initialisers_) graph.message(5, each);
    return graph;
  }

 private:
  struct Node {
    std::string op;
    std::vector<std::string> inputs;
    std::string output;
    std::vector<Message> attributes;
  };

  std::string add(const std::string& name, const Shape& shape, const std::vector<float>& numbers) {
    Message tensor;
    for (const std::size_t size : shape) tensor.number(1, size);
    tensor.number(2, float_tensor).text(8, name);
    tensor.text(9, {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float)});
    initialisers_.push_back(std::move(tensor));
    return name;
  }

  std::vector<Node> nodes_;
  std::vector<Message> initialisers_;
  std::set<std::string> constants_;
};

using Activate = std::function<std::string(Graph&, const std::string&)>;

// An activation that is one operator.
Activate one(std::string_view op, std::vector<Message> attributes = {}) {
  return [op, attributes](Graph& graph, const std::string& x) {
    return graph.add(op, {x}, attributes);
  };
}

// x·f(x)
Activate times_x(Activate f) {
  return [f = std::move(f)](Graph& graph, const std::string& x) {
    return graph.add("Mul", {x, f(graph, x)});
  };
}

// Φ(x) = ½(1 + erf(x/√2))
std::string normal_cdf(Graph& graph, const std::string& x) {
  const float root_half = static_cast<float>(1 / std::numbers::sqrt2);
  const std::string erf = graph.add("Erf", {graph.add("Mul", {x, graph.constant(root_half)})});
  return graph.add("Mul", {graph.add("Add", {erf, graph.constant(1)}), graph.constant(0.5F)});
}

const Activate& activation(std::string_view name) {
  const Activate hard_sigmoid =
      one("HardSigmoid", {attribute("alpha", 1.0F / 6), attribute("beta", 0.5F)});
  static const std::map<std::string_view, Activate> all{
      {"relu", one("Relu")},
      {"tanh", one("Tanh")},
      {"sigmoid", one("Sigmoid")},
      {"leaky_relu", one("LeakyRelu", {attribute("alpha", 0.01F)})},
      {"elu", one("Elu", {attribute("alpha", 1.0F)})},
      {"selu", one("Selu")},
      {"gelu", times_x(normal_cdf)},
      {"silu", times_x(one("Sigmoid"))},
      {"mish", times_x([](Graph& graph, const std::string& x) {
         return graph.add("Tanh", {graph.add("Softplus", {x})});
       })},
      {"softplus", one("Softplus")},
      {"softsign", one("Softsign")},
      {"hard_tanh",
       [](Graph& graph, const std::string& x) {
         return graph.add("Clip", {x, graph.constant(-1), graph.constant(1)});
       }},
      {"hard_sigmoid", hard_sigmoid},
      {"hard_swish", times_x(hard_sigmoid)},
  };
  const auto found = all.find(name);
  if (found == all.end()) fail_usage("onnx", "has no form of the activation ", name, '.');
  return found->second;
}

// Adds a step to the graph, and returns the name of its result.
struct AddStep {
  Graph& graph;
  const std::string& x;

  std::string operator()(const Affine& step) const {
    std::vector<std::string> inputs{x, graph.add(step.weight)};
    if (!step.bias.numbers.empty()) inputs.push_back(graph.add(step.bias));
    return graph.add("Gemm", inputs, {attribute("transB", std::int64_t{1})});
  }
  std::string operator()(const Elementwise& step) const {
    return activation(step.activation)(graph, x);
  }
  std::string operator()(const BatchNormalisation& step) const {
    return graph.add("BatchNormalization",
                     {x, graph.add(step.weight), graph.add(step.bias), graph.add(step.mean),
                      graph.add(step.variance)},
                     {attribute("epsilon", step.eps)});
  }
  std::string operator()(const LayerNormalisation& step) const {
    return graph.add("LayerNormalization", {x, graph.add(step.weight), graph.add(step.bias)},
                     {attribute("axis", std::int64_t{-1}), attribute("epsilon", step.eps)});
  }
};

}  // namespace

void write_onnx(const std::filesystem::path& path, const nn::Module& model,
                const OnnxOptions& options) {
  const Network network = network_of(model, "onnx");
  Graph graph;
  std::string x = "images";
  for (const Step& step : network.steps) x = std::visit(AddStep{graph, x}, step);
  graph.name_last("logits");
  if (options.softmax) {
    graph.add("Softmax", {"logits"}, {attribute("axis", std::int64_t{-1})});
    graph.name_last("probabilities");
  }
  Message whole = graph.message();
  whole.message(11, input_or_output("images", network.inputs))
      .message(12, input_or_output("logits", network.outputs));
  if (options.softmax) whole.message(12, input_or_output("probabilities", network.outputs));
  Message file;
  file.number(1, ir_version).text(2, "Reel").message(7, whole);
  file.message(8, Message().text(1, "").number(2, operator_set));
  for (const auto& [key, value] : options.metadata)
    file.message(14, Message().text(1, key).text(2, value));
  constexpr std::size_t largest = std::numeric_limits<std::int32_t>::max();
  if (file.bytes().size() > largest)
    fail_usage("onnx", "the model takes ", file.bytes().size(), " bytes, the format allows ",
               largest, '.');
  write_file(path, "onnx", file.bytes());
}

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
