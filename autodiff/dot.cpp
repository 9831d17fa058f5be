// Writing a tape as Graphviz DOT.
#include <reel/autodiff/dot.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include <reel/autodiff/grad.h>

namespace reel::inline REEL_PRECISION {
namespace {

// Text for a quoted DOT string.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

// The numbers of a small tensor, the range of a large one.
std::string numbers(const Tensor& x) {
  constexpr std::size_t few = 6;
  std::ostringstream out;
  out.precision(4);
  if (x.size() > few) {
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    out << *low << " … " << *high;
  } else {
    for (std::size_t i = 0; i < x.size(); ++i) out << (i ? ", " : "") << x.data()[i];
  }
  return out.str();
}

class Writer {
 public:
  Writer(Tape& tape, const DotOptions& options) : tape_(tape), options_(options) {
    if (!options.gradients_of) return;
    std::vector<Var> nodes;
    for (std::uint32_t i = 0; i < tape.size(); ++i) nodes.push_back(tape.var(i));
    gradients_ = grad(options.gradients_of, nodes);
  }

  std::string write() {
    out_
        << "digraph tape {\n  rankdir=TB;\n"
           "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fb\", color=\"#5b6b7f\", "
           "fontname=\"Helvetica\", fontsize=11];\n"
           "  edge [color=\"#5b6b7f\", arrowsize=0.7];\n";
    std::map<std::string, std::vector<std::uint32_t>> parts;  // by scope
    for (std::uint32_t i = 0; i < tape_.size(); ++i)
      parts[tape_.node(i).scope ? tape_.node(i).scope : ""].push_back(i);
    std::size_t number = 0;
    for (const auto& [scope, nodes] : parts) {
      if (!scope.empty())
        out_ << "  subgraph cluster_" << number++ << " {\n  label=\"" << escaped(scope)
             << "\"; color=\"#9fb0c6\"; fontname=\"Helvetica\"; fontsize=11;\n";
      for (const std::uint32_t i : nodes) write_node(i);
      if (!scope.empty()) out_ << "  }\n";
    }
    for (std::uint32_t i = 0; i < tape_.size(); ++i) write_edges(i);
    out_ << "}\n";
    return out_.str();
  }

 private:
  void write_node(std::uint32_t i) {
    const Tape::Node& node = tape_.node(i);
    const std::string name = node.value.name();
    const bool leaf = !node.operation;
    write_box(concat('n', i), leaf ? (name.empty() ? "variable" : name) : node.operation,
              *node.value, leaf ? "#fdf1dc" : "");
    if (i < gradients_.size()) out_ << "\\ngradient " << numbers(gradients_[i].value());
    out_ << "\"];\n";
  }

  // A box but for the end of its label.
  void write_box(const std::string& id, const std::string& title, const Tensor& value,
                 const char* colour) {
    out_ << "  " << id << " [";
    if (*colour) out_ << "fillcolor=\"" << colour << "\", ";
    out_ << "label=\"" << escaped(title) << ' ' << to_string(value.shape());
    if (options_.values) out_ << "\\n" << numbers(value);
  }

  void write_edges(std::uint32_t i) {
    const InputList inputs = tape_.node(i).input_list();
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      const Input& in = inputs[k];
      std::string from = concat('n', in.node);
      if (in.node == Input::constant) {
        from = concat('c', i, '_', k);
        const std::string name = in.value.name();
        write_box(from, name.empty() ? "constant" : name, *in.value, "#f2f2f2");
        out_ << "\"];\n";
      }
      out_ << "  " << from << " -> n" << i;
      if (inputs.size() > 1) out_ << " [label=\"" << k << "\", fontsize=9]";
      out_ << ";\n";
    }
  }

  Tape& tape_;
  const DotOptions& options_;
  std::vector<Var> gradients_;
  std::ostringstream out_;
};

}  // namespace

std::string to_dot(Tape& tape, const DotOptions& options) { return Writer(tape, options).write(); }

}  // namespace reel::inline REEL_PRECISION
