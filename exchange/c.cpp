// Writes a model as C.
#include <reel/exchange/c.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/rng.h>
#include <reel/exchange/c_names.h>
#include <reel/exchange/c_text.h>
#include <reel/exchange/network.h>

namespace reel::inline REEL_PRECISION {
namespace exchange {
namespace {

// The shortest literal that reads back as the same float.
std::string literal(float x) {
  char text[32];
  std::string result(text, std::to_chars(text, std::end(text), x).ptr);
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return result + 'f';
}

std::string literal(signed char x) { return std::to_string(x); }

template <class T>
std::string array(std::string_view type, const std::string& name, const std::vector<T>& numbers) {
  constexpr std::size_t longest = 96;
  std::string text = concat("static const ", type, ' ', name, '[', numbers.size(), "] = {\n");
  std::string line;
  for (const T number : numbers) {
    const std::string next = literal(number) + ',';
    if (line.size() + next.size() > longest) text += std::exchange(line, {}) + '\n';
    line += next;
  }
  return text + line + "\n};\n";
}

// A matrix (rows, columns) as bytes: Wᵢⱼ ≈ scaleᵢ·qᵢⱼ.
struct Bytes {
  std::vector<signed char> numbers;
  std::vector<float> scales;
};

Bytes quantised(const Values& weight) {
  const std::size_t rows = weight.shape[0], columns = weight.shape[1];
  Bytes bytes{std::vector<signed char>(rows * columns), std::vector<float>(rows)};
  for (std::size_t i = 0; i < rows; ++i) {
    const float* const row = weight.numbers.data() + i * columns;
    float largest = 0;
    for (std::size_t j = 0; j < columns; ++j) largest = std::max(largest, std::abs(row[j]));
    const float scale = bytes.scales[i] = largest / 127;
    for (std::size_t j = 0; scale > 0 && j < columns; ++j)
      bytes.numbers[i * columns + j] = static_cast<signed char>(
          std::clamp(std::lround(row[j] / scale), -127L, 127L));  // a subnormal scale is coarse
  }
  return bytes;
}

// Replaces a matrix by its bytes' values.
void restore(Values& weight, const Bytes& bytes) {
  const std::size_t columns = weight.shape[1];
  for (std::size_t i = 0; i < weight.numbers.size(); ++i)
    weight.numbers[i] = bytes.scales[i / columns] * static_cast<float>(bytes.numbers[i]);
}

// The text with each word replaced that is a key.
std::string filled(std::string_view text, const std::map<std::string, std::string>& words) {
  const auto in_word = [](char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; };
  std::string result;
  for (auto at = text.begin(); at != text.end();) {
    const auto end = std::find_if_not(at, text.end(), in_word);
    const auto found = words.find(std::string(at, end));
    if (found != words.end())
      result += found->second;
    else
      result.append(at, end);
    at = end;
    if (at != text.end()) result += *at++;
  }
  return result;
}

// The file, as the steps add to it.
class Source {
 public:
  Source(const Network& network, const COptions& options)
      : network_(network), options_(options), width_(network.inputs) {}

  void operator()(Affine& step) {
    const std::size_t rows = step.weight.shape[0], columns = step.weight.shape[1];
    std::string scales;
    const std::string weight = named(step.weight);
    if (options_.int8) {
      const Bytes bytes = quantised(step.weight);
      restore(step.weight, bytes);
      arrays_ += array("signed char", weight, bytes.numbers);
      arrays_ += array("float", weight + "_scale", bytes.scales);
      scales = ", " + weight + "_scale";
    } else {
      arrays_ += array("float", weight, step.weight.numbers);
    }
    if (step.bias.numbers.empty())
      step.bias = {step.weight.path + "_no_bias", {rows}, std::vector<float>(rows)};
    function("affine", filled(c_text::affine_function,
                              {{"WEIGHT", options_.int8 ? "signed char" : "float"},
                               {"SCALE", options_.int8 ? " const float *scale," : ""},
                               {"TIMES", options_.int8 ? "scale[i] * sum" : "sum"}}));
    call("affine", concat(weight, scales, ", ", add(step.bias), ", ", rows, ", ", columns),
         from_ == "x" ? "y" : "x");
    width_ = rows;
    widest_ = std::max(widest_, rows);
  }

  void operator()(Elementwise& step) {
    const std::string name(step.activation);
    function(name,
             filled(c_text::activation_function,
                    {{"ACTIVATION", name}, {"EXPRESSION", std::string(c_text::expression(name))}}));
    call(name, std::to_string(width_), in_place());
  }

  void operator()(BatchNormalisation& step) {
    Values scale = step.weight;
    for (std::size_t i = 0; i < width_; ++i)
      scale.numbers[i] /= std::sqrt(step.variance.numbers[i] + step.eps);
    function("batch_norm", c_text::batch_function);
    call("batch_norm", concat(add(step.mean), ", ", add(scale), ", ", add(step.bias), ", ", width_),
         in_place());
  }

  void operator()(LayerNormalisation& step) {
    function("layer_norm", c_text::layer_function);
    call("layer_norm",
         concat(add(step.weight), ", ", add(step.bias), ", ", literal(step.eps), ", ", width_),
         in_place());
  }

  std::string text() const {
    std::string buffers;
    for (const std::string& buffer : buffers_)
      buffers += concat("  float ", buffer, '[', widest_, "];\n");
    return filled(concat("/* A network of ", network_.inputs, " inputs and ", network_.outputs,
                         " outputs, written by Reel. C99 or C++; link with -lm.\n"
                         "   Define REEL_SELF_TEST for a program that checks it. */\n"
                         "#include <math.h>\n#include <stddef.h>\n\n"
                         "#ifdef __cplusplus\nextern \"C\"\n#endif\n"
                         "void NAME(const float *input, float *output);\n\n",
                         arrays_, functions_, "\nvoid NAME(const float *input, float *output) {\n",
                         buffers, "  int i;\n", calls_, "  for (i = 0; i < ", network_.outputs,
                         "; ++i) output[i] = ", from_, "[i];\n}\n"),
                  {{"NAME", options_.name}});
  }

 private:
  std::string named(const Values& values) const {
    std::string name = options_.name + '_' + values.path;
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
  }
  std::string add(const Values& values) {
    arrays_ += array("float", named(values), values.numbers);
    return named(values);
  }
  // Adds a function, if it is not there yet.
  void function(const std::string& name, std::string_view text) {
    if (known_.insert(name).second) functions_ += text;
  }
  // An input must not change, a row of the function may.
  std::string in_place() const { return from_ == "input" ? "x" : from_; }
  void call(const std::string& name, const std::string& arguments, const std::string& to) {
    calls_ += concat("  NAME_", name, '(', arguments, ", ", from_, ", ", to, ");\n");
    widest_ = std::max(widest_, width_);
    buffers_.insert(to);
    from_ = to;
  }

  const Network& network_;
  const COptions& options_;
  std::size_t width_, widest_ = 1;
  std::string arrays_, functions_, calls_, from_ = "input";
  std::set<std::string> known_, buffers_;
};

// Three samples of numbers from 0 to 1, and the network's outputs.
std::string test_of(const Network& network, const COptions& options) {
  constexpr std::size_t samples = 3;
  Rng rng(1);
  Tensor x = zeros({samples, network.inputs});
  std::vector<float> inputs(x.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x.data()[i] = Real(inputs[i] = static_cast<float>(rng.uniform()));
  const Tensor y = evaluate(network, x);
  std::vector<float> outputs(y.size());
  std::transform(y.begin(), y.end(), outputs.begin(), [](Real v) { return static_cast<float>(v); });
  return filled(c_text::self_test, {{"INPUTS", array("float", options.name + "_inputs", inputs)},
                                    {"OUTPUTS", array("float", options.name + "_outputs", outputs)},
                                    {"ROWS", std::to_string(samples)},
                                    {"COLUMNS", std::to_string(network.outputs)},
                                    {"WIDTH", std::to_string(network.inputs)},
                                    {"NAME", options.name}});
}

}  // namespace

void write_c(const std::filesystem::path& path, const nn::Module& model, const COptions& options) {
  if (const std::string_view objection = c_names::objection(options.name); !objection.empty())
    fail_usage("c", in_quotes(options.name), " cannot be the name of the function: it ", objection,
               '.');
  Network network = network_of(model, "c");
  Source source(network, options);
  for (Step& step : network.steps) std::visit(source, step);
  write_file(path, "c", source.text() + test_of(network, options));
}

}  // namespace exchange
}  // namespace reel::inline REEL_PRECISION
