// Parameters, names, counts and modes: all are derived from a module's list of parts.
#include <reel/nn/module.h>

#include <algorithm>
#include <ostream>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <reel/nn/plan.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

[[noreturn]] void fail_moved(const std::string& path = {}) {
  fail_usage(path.empty() ? "module" : concat("module \"", path, '"'),
             "was moved away. Hint: use the module that it was moved to.");
}

// A module's `visit` is not const, since a visitor may change the parts; the visitors here only
// read.
void walk(const Module& model, Visitor& visitor) {
  if (model.moved_away()) fail_moved();
  const_cast<Module&>(model).visit(visitor);
}

struct StateVisitor : Visitor {
  void on_parameter(const std::string& path, Parameter& parameter) override {
    add(parameter.identity(), {path, parameter, nullptr});
  }
  void on_buffer(const std::string& path, Tensor& buffer) override {
    add(&buffer, {path, {}, &buffer});
  }
  std::vector<NamedState> found;

 private:
  void add(const void* identity, NamedState state) {
    const auto [place, is_new] = places.try_emplace(identity, found.size());
    if (!is_new) return found[place->second].other_paths.push_back(std::move(state.path));
    if (!paths.insert(state.path).second)
      fail_usage("module", "two parts are called \"", state.path,
                 "\". Hint: give each part a name of its own in visit.");
    found.push_back(std::move(state));
  }
  std::unordered_map<const void*, std::size_t> places;  // in `found`, by identity
  std::unordered_set<std::string> paths;
};

template <class F>
struct EachModule : Visitor {
  explicit EachModule(F f) : act(std::move(f)) {}
  void on_module(const std::string& path, Module& module) override { act(path, module); }
  F act;
};

template <class F>
void for_each_module(Module& model, F f) {
  EachModule visitor(f);
  if (model.moved_away()) fail_moved();
  f(std::string(), model);
  model.visit(visitor);
}

}  // namespace

std::string Visitor::path_of(std::string_view name) const {
  std::string path = path_;  // without concat, since an average lists all parts in each step
  if (!path.empty()) path += '.';
  return path += name;
}

void Visitor::operator()(std::string_view name, Module& part) {
  const std::string path = path_of(name);
  if (part.moved_away()) fail_moved(path);
  on_module(path, part);
  std::string outer = std::exchange(path_, path);
  part.visit(*this);
  path_ = std::move(outer);
}

void Visitor::operator()(std::string_view name, Parameter& part) {
  const std::string path = path_of(name);
  if (!part) fail_usage("module", '"', path, "\" is empty. Hint: was its module moved away?");
  on_parameter(path, part);
}

void Visitor::operator()(std::string_view name, Tensor& part) { on_buffer(path_of(name), part); }

// Writes only names that change, so that naming twice disturbs no other thread.
struct Module::Namer : Visitor {
  using Visitor::Visitor;
  void on_module(const std::string& path, Module& part) override {
    if (part.name_ != path) part.name_ = path;
  }
  void on_parameter(const std::string& path, Parameter& parameter) override {
    if (parameter.name() != path) parameter.set_name(path);
  }
};

void Module::name_parts() {
  if (moved_away_) fail_moved();
  Namer namer(name_);
  visit(namer);
}

void Module::name_part(std::string_view name, Module& part) {
  Namer namer(name_);
  namer(name, part);
}

Var Module::forward(const Var&) const {
  fail_usage(name_.empty() ? "module" : concat("module \"", name_, '"'),
             "has no forward function of one variable. Hint: override `Var forward(const Var&) "
             "const`, or call the module's own function.");
}

void Module::fail_moved_away() const { fail_moved(); }

void Module::plan(Plan& plan) const { plan.add(*this); }

std::vector<Parameter> Module::parameters() {
  name_parts();
  return std::as_const(*this).parameters();
}

std::vector<Parameter> Module::parameters() const {
  std::vector<Parameter> result;
  for (NamedState& state : state_of(*this))
    if (!state.buffer) result.push_back(std::move(state.parameter));
  return result;
}

std::size_t Module::parameter_count() const {
  std::size_t count = 0;
  for (const Parameter& parameter : parameters()) count += element_count(parameter.shape());
  return count;
}

void Module::freeze() {
  for (Parameter& parameter : parameters()) parameter.freeze();
}

void Module::unfreeze() {
  for (Parameter& parameter : parameters()) parameter.unfreeze();
}

void Module::set_training(bool training) {
  for_each_module(*this, [training](const std::string&, Module& m) { m.training_ = training; });
}

std::vector<bool> Module::modes() const {
  std::vector<bool> modes;
  for_each_module(const_cast<Module&>(*this),
                  [&](const std::string&, Module& m) { modes.push_back(m.training_); });
  return modes;
}

void Module::set_modes(const std::vector<bool>& modes) {
  std::size_t i = 0;
  for_each_module(*this, [&](const std::string&, Module& m) {
    if (i < modes.size()) m.training_ = modes[i++];
  });
}

void init(Module& model, Rng& rng, Init scheme) {
  model.name_parts();
  for_each_module(model, [&](const std::string&, Module& m) { m.reset(scheme, rng); });
}

const Tensor& NamedState::value() const {
  if (!buffer && !parameter.initialised())
    fail_usage(concat("parameter \"", path, '"'), "of shape ", to_string(shape()),
               " has no values yet. Hint: call nn::init(model, rng), or load weights.");
  return buffer ? *buffer : parameter.value();
}

std::vector<NamedState> state_of(const Module& model) {
  StateVisitor visitor;
  walk(model, visitor);
  return std::move(visitor.found);
}

namespace {

// Collects the lines of a summary: the part as a tree, the number of its parameters, and the
// parameters and buffers that it lists itself.
struct Summary : Visitor {
  struct Line {
    std::string part;
    std::size_t parameters;
    std::string own;
  };

  explicit Summary(const Module& model) {
    add("", model);
    walk(model, *this);
  }
  void on_module(const std::string& path, Module& module) override { add(path, module); }
  void on_parameter(const std::string& path, Parameter& parameter) override {
    const auto [first, is_new] = paths.try_emplace(parameter.identity(), path);
    list(path,
         concat(to_string(parameter.shape()), is_new ? "" : concat(", the same as ", first->second),
                parameter.frozen() ? ", frozen" : ""));
  }
  void on_buffer(const std::string& path, Tensor& buffer) override {
    list(path, to_string(buffer.shape()) + ", not trained");
  }

  void add(const std::string& path, const Module& module) {
    const auto depth = path.empty() ? 0 : 1 + std::count(path.begin(), path.end(), '.');
    lines_of[path] = lines.size();
    lines.push_back({concat(std::string(2 * static_cast<std::size_t>(depth), ' '),
                            path.empty() ? "" : last_of(path) + ": ", module.describe()),
                     module.parameter_count(), ""});
  }
  void list(const std::string& path, const std::string& what) {
    const std::size_t dot = path.rfind('.');
    std::string& own = lines[lines_of[dot == std::string::npos ? "" : path.substr(0, dot)]].own;
    own += concat(own.empty() ? "" : "; ", last_of(path), ' ', what);
  }
  static std::string last_of(const std::string& path) {
    return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
  }

  std::vector<Line> lines;
  std::unordered_map<std::string, std::size_t> lines_of;  // by path
  std::unordered_map<const void*, std::string> paths;     // of the parameters seen so far
};

}  // namespace

std::string summary(const Module& model) {
  const Summary summary(model);
  std::size_t width = 0;
  const std::size_t digits = std::to_string(summary.lines.front().parameters).size();
  for (const Summary::Line& line : summary.lines) width = std::max(width, line.part.size());
  std::string text;
  for (const Summary::Line& line : summary.lines) {
    text += line.part;
    if (line.parameters > 0) {
      const std::string count = std::to_string(line.parameters);
      text += std::string(width - line.part.size() + 2 + digits - count.size(), ' ') + count;
      text += line.parameters == 1 ? " parameter" : " parameters";
      if (!line.own.empty()) text += ": " + line.own;
    }
    text += '\n';
  }
  return text;
}

std::ostream& operator<<(std::ostream& out, const Module& model) { return out << summary(model); }

void copy_state(const Module& from, Module& to) {
  const auto source = state_of(from), target = state_of(to);
  if (source.size() != target.size())
    fail_usage("copy_state", "one model has ", source.size(), " parameters and buffers, the other ",
               target.size(), '.');
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i].path != target[i].path || source[i].shape() != target[i].shape())
      fail_usage("copy_state", "\"", source[i].path, "\" ", to_string(source[i].shape()), " and \"",
                 target[i].path, "\" ", to_string(target[i].shape()), " differ.");
  }
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (target[i].buffer) {
      *target[i].buffer = *source[i].buffer;
    } else if (source[i].parameter.initialised()) {
      Parameter parameter = target[i].parameter;
      parameter.set_value(source[i].value());
    }
  }
}

void detail::finish_clone(const Module& model, Module& copy) {
  if (state_of(model).size() != state_of(copy).size())
    fail_usage("clone",
               "parts of the model share parameters, and those of the copy would not. Hint: "
               "list such parts in a module of your own.");
  copy.set_modes(model.modes());
  copy.name_parts();
  const auto source = model.parameters();
  auto target = copy.parameters();
  for (std::size_t i = 0; i < source.size(); ++i)
    if (source[i].frozen()) target[i].freeze();
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
