// Sequential: modules and functions, one after the other.
#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <reel/nn/activations.h>
#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

class Linear;

/// A function without parameters as a module.
class Function : public Module {
 public:
  /// A layer that calls `function`; `name` is how it is printed.
  Function(std::string name, std::function<Var(const Var&)> function)
      : label_(std::move(name)), function_(std::move(function)) {}

  /// The value of the function.
  Var forward(const Var& x) const override { return function_(x); }
  std::string describe() const override { return label_; }
  /// A layer with the same function.
  Function clone() const { return {label_, function_}; }
  /// Whether this function is f.
  bool is(Var (*f)(const Var&)) const;

 private:
  std::string label_;
  std::function<Var(const Var&)> function_;
};

/// `Sequential(Linear(784, 128), nn::relu, Linear(128, 10))`: applies its layers in turn. A Linear
/// and a relu right after it run as one operation. Takes modules, by move, and functions Var → Var.
/// The name of a layer is its position.
class Sequential : public Module {
  // Layers, and not another Sequential to move from.
  template <class... Layers>
  static constexpr bool are_layers = sizeof...(Layers) > 1 ||
                                     (... ||
                                      !std::same_as<std::remove_cvref_t<Layers>, Sequential>);

 public:
  Sequential() = default;
  /// The layers in order: modules and activations such as nn::relu.
  template <class... Layers>
  requires(are_layers<Layers...>) explicit Sequential(Layers&&... layers) {  // nn::tanh, not tanh
    (add(std::forward<Layers>(layers)), ...);
  }

  /// Adds a layer at the end.
  template <class Layer>
  void add(Layer&& layer) {  // nn::tanh, not tanh
    using L = std::remove_cvref_t<Layer>;
    if constexpr (std::derived_from<L, Module>) {
      static_assert(!std::is_lvalue_reference_v<Layer>, "modules move: use std::move or nn::clone");
      append(std::make_unique<Holder<L>>(std::move(layer)));
    } else if constexpr (std::same_as<L, Activation>) {
      add(Function(std::string(layer.name), layer.function));
    } else {
      static_assert(std::is_invocable_r_v<Var, L&, const Var&>, "a layer is a module or Var → Var");
      add(Function("function", std::forward<Layer>(layer)));
    }
  }

  /// The output of the last layer.
  Var forward(const Var& x) const override;
  void plan(Plan& plan) const override;
  void visit(Visitor& v) override;
  std::string describe() const override { return "Sequential"; }
  /// A deep copy of all layers.
  Sequential clone() const;

  /// The number of layers.
  std::size_t size() const noexcept { return layers_.size(); }
  /// Throws Error if there is no such layer.
  Module& operator[](std::size_t i);
  /// The same for a const model.
  const Module& operator[](std::size_t i) const;
  /// The same with its type: `net.get<Linear>(0).weight`. Throws Error if its type is another.
  template <std::derived_from<Module> L>
  L& get(std::size_t i) {
    if (L* layer = dynamic_cast<L*>(&(*this)[i])) return *layer;
    fail_type(i);
  }
  template <std::derived_from<Module> L>
  const L& get(std::size_t i) const {
    return const_cast<Sequential*>(this)->get<L>(i);
  }

 private:
  // A layer of any type, with the functions that depend on the type.
  struct HolderBase {
    virtual ~HolderBase() = default;
    virtual Module& module() = 0;
    virtual const Linear* linear() const = 0;  // null for all others, also subclasses
    virtual bool is_relu() const = 0;
    virtual std::unique_ptr<HolderBase> clone() const = 0;
  };
  template <class L>
  struct Holder : HolderBase {
    explicit Holder(L&& l) : layer(std::move(l)) {}
    Module& module() override { return layer; }
    const Linear* linear() const override {
      if constexpr (std::same_as<L, Linear>)
        return &layer;
      else
        return nullptr;
    }
    bool is_relu() const override {
      if constexpr (std::same_as<L, Function>)
        return layer.is(&reel::relu);
      else
        return false;
    }
    std::unique_ptr<HolderBase> clone() const override {
      return std::make_unique<Holder>(nn::clone(layer));
    }
    L layer;
  };

  struct Part {
    std::unique_ptr<HolderBase> layer;
    // The layer, if it is a Linear and a relu follows: both then run as one operation.
    const Linear* before_relu = nullptr;
  };

  void append(std::unique_ptr<HolderBase> layer);
  [[noreturn]] void fail_type(std::size_t i) const;

  std::vector<Part> layers_;
};

/// The options of `mlp`.
struct MlpOptions {
  bool batch_norm = false;  ///< before each activation
  double dropout = 0;       ///< the probability, applied after each activation; 0: no dropout
};

/// Linear layers of these widths, with an activation between them: mlp({784, 10, 10}, nn::relu).
/// Throws Error for fewer than two widths, and for a dropout probability outside [0, 1).
Sequential mlp(const std::vector<std::size_t>& widths, const Activation& activation,  // nn::tanh
               const MlpOptions& options = {});

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
