// Embedding: a trained vector for each of a number of things.
#pragma once

#include <span>

#include <reel/nn/module.h>

namespace reel::inline REEL_PRECISION {
namespace nn {

/// Looks up rows of `weight`: indices (…) → (…, dimension). The indices have no gradient.
class Embedding : public Module {
 public:
  /// `count` rows without values until `nn::init`. Throws Error if `count` or `dimension` is 0.
  Embedding(std::size_t count, std::size_t dimension);

  using Module::operator();
  /// The rows with these numbers: (n, dimension). Throws Error for a number that is not one of a
  /// row.
  Var operator()(std::span<const Label> indices) const;
  /// The same for whole numbers in a variable, such as the inputs of a data set. Throws Error for a
  /// value that is not the number of a row, and if Real cannot hold all of these numbers (a float
  /// only holds whole numbers up to 2²⁴).
  Var forward(const Var& indices) const override;
  void visit(Visitor& v) override;
  /// Draws from N(0, 1), as PyTorch does, whatever the scheme.
  void reset(Init scheme, Rng& rng) override;
  std::string describe() const override;
  /// A layer with a copy of the values.
  Embedding clone() const;

  /// The number of rows.
  std::size_t count() const { return weight.shape()[0]; }
  /// The length of a row.
  std::size_t dimension() const { return weight.shape()[1]; }

  Parameter weight;  ///< (count, dimension)

 private:
  std::string label() const;
};

}  // namespace nn
}  // namespace reel::inline REEL_PRECISION
