// Module: a part of a model. It lists its own parts once; everything else is derived from that
// list.
#pragma once

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <reel/autodiff/core/rng.h>
#include <reel/autodiff/engine/scope.h>
#include <reel/autodiff/engine/var.h>
#include <reel/nn/init.h>

namespace reel::inline REEL_PRECISION {

namespace nn {

class Module;

/// Walks over the parts of a module, in the order in which `Module::visit` lists them. Each part
/// has a path, such as "0.weight".
class Visitor {
 public:
  /// `path`: that of the module whose parts it visits; empty for a whole model.
  explicit Visitor(std::string path = {}) : path_(std::move(path)) {}
  virtual ~Visitor() = default;

  /// Visits a module: all of its parts.
  void operator()(std::string_view name, Module& part);
  /// Visits a parameter.
  void operator()(std::string_view name, Parameter& part);
  /// A tensor that belongs to the model's state but is not trained.
  void operator()(std::string_view name, Tensor& part);

 protected:
  /// Called for each module, before its parts.
  virtual void on_module(const std::string& /*path*/, Module&) {}
  /// Called for each parameter.
  virtual void on_parameter(const std::string& /*path*/, Parameter&) {}
  /// Called for each tensor that is not trained.
  virtual void on_buffer(const std::string& /*path*/, Tensor&) {}

 private:
  std::string path_of(std::string_view name) const;
  std::string path_;
};

class Plan;

/// A part of a model with parameters. Most are functions Var → Var. Modules can be moved but not
/// copied; see `clone`.
class Module {
 public:
  Module() = default;
  /// Takes the name and the mode over; `other` must not be called afterwards.
  Module(Module&& other) noexcept { *this = std::move(other); }
  /// The same.
  Module& operator=(Module&& other) noexcept {
    name_ = std::move(other.name_);
    training_ = other.training_;
    moved_away_ = std::exchange(other.moved_away_, true);
    return *this;
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  /// Calls `forward` in a Scope that names this part of the model. Throws Error if this module was
  /// moved away.
  Var operator()(const Var& x) const {
    if (moved_away_) fail_moved_away();
    const Scope scope = own_scope();
    return forward(x);
  }
  /// The value of the module for x. A module with several inputs or outputs does not override it,
  /// but has functions of its own, which open `own_scope()` first. By default throws Error.
  virtual Var forward(const Var& x) const;

  /// Adds this module's steps to a plan (plan.h). By default that is one step, its `forward`.
  virtual void plan(Plan& plan) const;
  /// Lists the parts: `v("in", in); v("out", out);`. A module without parts need not override it.
  virtual void visit(Visitor&) {}
  /// Initialises this module's own parameters, but not those of its parts.
  virtual void reset(Init, Rng&) {}
  /// One line of text, such as "Linear(784, 128)".
  virtual std::string describe() const { return "Module"; }

  /// Every parameter once, in the order of the visit, even if the visit reaches it several times.
  /// A model that is not const gives its parts their names first; see `name_parts`.
  std::vector<Parameter> parameters() const;
  std::vector<Parameter> parameters();
  /// The number of elements in all parameters.
  std::size_t parameter_count() const;

  /// Freezes all parameters of this module, or makes them trainable again; see Parameter::freeze.
  void freeze();
  /// Makes them trainable again.
  void unfreeze();

  /// Sets the mode that dropout and batch norm use, for this module and its parts. The default is
  /// `train`.
  void train() { set_training(true); }
  /// The same as `set_training(false)`.
  void eval() { set_training(false); }
  /// Whether it is in training mode.
  bool training() const noexcept { return training_; }
  /// For each module, this one first, whether it is in training mode; the second function restores
  /// these modes.
  std::vector<bool> modes() const;
  /// Restores the modes that `modes()` gave.
  void set_modes(const std::vector<bool>& modes);

  /// Gives each part and parameter its path as the name that messages print. `nn::init`,
  /// `load_weights`, `nn::clone`, `parameters` and `Sequential::add` call it. A part that has a
  /// name keeps it, and its parts' names begin with it. No function of a const model writes names,
  /// so several threads may use one.
  void name_parts();
  /// Whether this module was moved to another one.
  bool moved_away() const noexcept { return moved_away_; }
  /// Its path in the model that named it last; empty if none has.
  const std::string& name() const noexcept { return name_; }

 protected:
  /// Gives the names of `name_parts` to one part alone.
  void name_part(std::string_view name, Module& part);
  /// A Scope with the last part of its name.
  Scope own_scope() const {
    return Scope(std::string_view(name_).substr(name_.rfind('.') + 1));  // npos + 1 is 0
  }

 private:
  struct Namer;
  void set_training(bool training);
  [[noreturn]] void fail_moved_away() const;

  std::string name_;
  bool training_ = true, moved_away_ = false;
};

/// The module as an M if that is its type; null also if its type is derived from M, because its
/// `forward` may be another.
template <std::derived_from<Module> M>
const M* exactly(const Module& module) {
  return typeid(module) == typeid(M) ? static_cast<const M*>(&module) : nullptr;
}

/// Initialises all parameters of a model by a scheme of init.h.
void init(Module& model, Rng& rng, Init scheme = Init::uniform);

/// A parameter or buffer of a model, with its path as the name.
struct NamedState {
  std::string path;                           ///< such as "0.weight"
  Parameter parameter;                        ///< empty for a buffer
  Tensor* buffer = nullptr;                   ///< null for a parameter
  std::vector<std::string> other_paths = {};  ///< where else the visit reaches it
  /// Throws Error if the parameter has no values yet.
  const Tensor& value() const;
  /// The sizes of its axes.
  const Shape& shape() const { return buffer ? buffer->shape() : parameter.shape(); }
};
/// The complete state of a model: every parameter and buffer once, in the order of the visit.
std::vector<NamedState> state_of(const Module& model);

/// The model as a tree: one part on each line, with the number of its parameters, and their shapes.
std::string summary(const Module& model);
/// Prints the summary.
std::ostream& operator<<(std::ostream& out, const Module& model);

/// Overwrites the state of `to` with the state of `from`. Throws Error if their parts differ.
void copy_state(const Module& from, Module& to);

namespace detail {
// Gives the copy its modes, frozen parameters and names, and checks that the same parts share.
void finish_clone(const Module& model, Module& copy);
}

/// A deep copy of a module that has `M clone() const` or a default constructor. Throws Error if
/// parts of a Sequential share a parameter, because the copies of these parts would not share it.
template <class M>
M clone(const M& model) {
  M copy = [&]() -> M {
    if constexpr (requires {
                    { model.clone() } -> std::same_as<M>;
                  }) {
      return model.clone();
    } else {
      static_assert(std::is_default_constructible_v<M>,
                    "give the module a default constructor or a member `M clone() const`");
      M fresh;
      copy_state(model, fresh);
      return fresh;
    }
  }();
  detail::finish_clone(model, copy);
  return copy;
}

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
