// Writing a tape as Graphviz DOT.
#include <reel/autodiff/inspect/graphviz.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <vector>

#include <reel/autodiff/engine/grad.h>

namespace reel::inline REEL_PRECISION {
namespace {

constexpr const char* head = R"(digraph tape {
  graph [ordering=in, ranksep=0.35, nodesep=0.2, fontname="Helvetica", fontsize=10, style="rounded,filled", color="#c3cedd", fillcolor="#f6f8fb", labeljust=l];
  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, height=0.3, margin="0.12,0.05", color="#5b6b7f", fillcolor="#e3ecf8"];
  edge [color="#5b6b7f", arrowsize=0.6];
)";
constexpr const char* leaf_style = "fillcolor=\"#fdf1dc\", color=\"#b08a3e\", ";
constexpr const char* constant_style = "shape=plaintext, style=\"\", fontcolor=\"#5b6b7f\", ";
constexpr const char* seed_style = "penwidth=2, ";

// Text for a quoted DOT string.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n')
      result += "\\n";
    else if (c == '&')  // otherwise Graphviz would read an entity
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

// The numbers of a small tensor; for a large tensor its range, without NaN.
std::string numbers(const Tensor& x) {
  constexpr std::size_t few = 6;
  std::ostringstream out;
  out.precision(4);
  if (x.size() > few) {
    const auto before = [](Real a, Real b) { return a < b || (std::isnan(b) && !std::isnan(a)); };
    const auto after = [](Real a, Real b) { return a > b || (std::isnan(b) && !std::isnan(a)); };
    out << *std::min_element(x.begin(), x.end(), before) << " … "
        << *std::min_element(x.begin(), x.end(), after);
  } else {
    for (std::size_t i = 0; i < x.size(); ++i) out << (i ? ", " : "") << x.data()[i];
  }
  return out.str();
}

// A part of a model: its own nodes, and its sub-parts.
struct Part {
  std::map<std::string, Part> parts;
  std::vector<std::uint32_t> nodes;

  Part& at(std::string_view path) {
    if (path.empty()) return *this;
    const std::size_t dot = path.find('.');
    Part& part = parts[std::string(path.substr(0, dot))];
    return dot == path.npos ? part : part.at(path.substr(dot + 1));
  }
};

class Writer {
 public:
  Writer(Tape& tape, const DotOptions& options) : tape_(tape), options_(options) {
    if (!options.gradients_of) return;
    std::vector<Var> nodes;
    for (std::uint32_t i = 0; i < tape.size(); ++i) nodes.push_back(tape.var(i));
    gradients_ = grad(options.gradients_of, nodes);
  }

  std::string write() {
    out_ << head;
    Part model;
    const std::vector<std::string_view> scopes = scopes_with_leaves();
    for (std::uint32_t i = 0; i < tape_.size(); ++i) model.at(scopes[i]).nodes.push_back(i);
    write_part(model, "", 1);
    for (std::uint32_t i = 0; i < tape_.size(); ++i) write_edges(i);
    out_ << "}\n";
    return out_.str();
  }

 private:
  // The scope of each node; the scope of a leaf is that of its first use.
  std::vector<std::string_view> scopes_with_leaves() const {
    std::vector<std::string_view> scopes(tape_.size());
    for (std::uint32_t i = static_cast<std::uint32_t>(tape_.size()); i-- > 0;) {
      const Tape::Node& node = tape_.node(i);
      if (!node.operation) continue;
      if (node.scope) scopes[i] = node.scope;
      for (const Input& in : node.input_list())
        if (in.node != Input::constant && !tape_.node(in.node).operation)
          scopes[in.node] = scopes[i];
    }
    return scopes;
  }

  void write_part(const Part& part, const std::string& path, std::size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (const std::uint32_t i : part.nodes) write_node(i, path, indent);
    for (const auto& [name, inner] : part.parts) {
      out_ << indent << "subgraph cluster_" << frames_++ << " {\n"
           << indent << "  label=\"" << escaped(name) << "\";\n";
      write_part(inner, concat(path, name, '.'), depth + 1);
      out_ << indent << "}\n";
    }
  }

  void write_node(std::uint32_t i, const std::string& path, const std::string& indent) {
    const Tape::Node& node = tape_.node(i);
    std::string name = node.operation ? node.operation : node.value.name();
    if (name.starts_with(path)) name.erase(0, path.size());  // the frame shows it
    if (name.empty()) name = "variable";
    out_ << indent << 'n' << i << " [";
    if (!node.operation) out_ << leaf_style;
    if (node.value.identity() == options_.gradients_of.shared().identity()) out_ << seed_style;
    write_label(name, *node.value);
    if (i < gradients_.size()) out_ << "\\ngradient " << numbers(gradients_[i].value());
    out_ << "\"];\n";
  }

  // A label without its closing quote.
  void write_label(const std::string& title, const Tensor& value) {
    out_ << "label=\"" << escaped(title);
    if (value.dimension() > 0) out_ << ' ' << to_string(value.shape());
    if (options_.values) out_ << "\\n" << numbers(value);
  }

  void write_edges(std::uint32_t i) {
    for (const Input& in : tape_.node(i).input_list())
      out_ << "  " << (in.node == Input::constant ? constant(in) : concat('n', in.node)) << " -> n"
           << i << ";\n";
  }

  // The id of the constant, which is drawn at its first use. A single number gets a new box each
  // time.
  std::string constant(const Input& in) {
    const bool number = in.value->dimension() == 0;
    const auto [found, fresh] = constants_.try_emplace(in.value.identity(), constants_drawn_);
    if (!number && !fresh) return concat('c', found->second);
    const std::string id = concat('c', constants_drawn_++), name = in.value.name();
    out_ << "  " << id << " [" << constant_style;
    if (number && name.empty())
      out_ << "label=\"" << numbers(*in.value);
    else
      write_label(name.empty() ? "constant" : name, *in.value);
    out_ << "\"];\n";
    return id;
  }

  Tape& tape_;
  const DotOptions& options_;
  std::vector<Var> gradients_;
  std::map<const void*, std::size_t> constants_;
  std::size_t constants_drawn_ = 0, frames_ = 0;
  std::ostringstream out_;
};

}  // namespace

std::string to_dot(Tape& tape, const DotOptions& options) { return Writer(tape, options).write(); }

}  // namespace reel::inline REEL_PRECISION
