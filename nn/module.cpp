// Parameters, names, counts and modes: all are derived from a module's list of parts.
#include <reel/nn/module.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <reel/nn/plan.h>

namespace reel::inline REEL_PRECISION {
namespace nn {
namespace {

// A module's `visit` is not const, since a visitor may change the parts; the visitors here only
// read.
void walk(const Module& model, Visitor& visitor) { const_cast<Module&>(model).visit(visitor); }

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
    if (is_new)
      found.push_back(std::move(state));
    else
      found[place->second].other_paths.push_back(std::move(state.path));
  }
  std::unordered_map<const void*, std::size_t> places;
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
  f(std::string(), model);
  model.visit(visitor);
}

}  // namespace

std::string Visitor::path_of(std::string_view name) const {
  return path_.empty() ? std::string(name) : concat(path_, '.', name);
}

void Visitor::operator()(std::string_view name, Module& part) {
  part.name_ = path_of(name);
  on_module(part.name_, part);
  std::string outer = std::exchange(path_, part.name_);
  part.visit(*this);
  path_ = std::move(outer);
}

void Visitor::operator()(std::string_view name, Parameter& part) {
  const std::string path = path_of(name);
  if (!part) fail_usage("module", '"', path, "\" is empty. Hint: was its module moved away?");
  part.set_name(path);
  on_parameter(path, part);
}

void Visitor::operator()(std::string_view name, Tensor& part) { on_buffer(path_of(name), part); }

void Module::plan(Plan& plan) const { plan.add(*this); }

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
  for_each_module(model, [&](const std::string&, Module& m) { m.reset(scheme, rng); });
}

std::vector<NamedState> state_of(const Module& model) {
  StateVisitor visitor;
  walk(model, visitor);
  return std::move(visitor.found);
}

std::string summary(const Module& model) {
  std::string text;
  for_each_module(const_cast<Module&>(model), [&](const std::string& path, Module& m) {
    const auto depth = path.empty() ? 0 : 1 + std::count(path.begin(), path.end(), '.');
    const std::string label =
        path.empty() ? "" : path.substr(path.rfind('.') + 1) + ": ";  // npos + 1 is 0
    text += std::string(2 * static_cast<std::size_t>(depth), ' ') + label + m.describe();
    if (const std::size_t count = m.parameter_count()) text += concat("  ", count, " parameters");
    text += '\n';
  });
  return text;
}

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
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
