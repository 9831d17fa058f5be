// Draws the changes of each image and applies them.
#include <reel/data/augmentation.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/core/parallel.h>
#include <reel/data/warp.h>

namespace reel::inline REEL_PRECISION {
namespace data {
namespace {

constexpr std::size_t values_at_once = 8192;  // that one thread changes
constexpr double far = 1e6;                   // pixels: beyond any image
constexpr double longest = 10.0 / 3;          // an erased rectangle: one side divided by the other

void expect(bool valid, const char* option, double value, const char* range) {
  if (!valid) fail_usage("augmentation", option, " = ", value, ", expected ", range, '.');
}

double symmetric(double most, Rng& rng) { return rng.uniform(-most, most); }

Affine draw_affine(const AugmentationOptions& options, Rng& rng) {
  Affine drawn;  // one draw in each statement, as operands have no fixed order of evaluation
  drawn.flip = rng.uniform() < options.flip;
  drawn.height = 1 + symmetric(options.scale, rng);
  drawn.width = 1 + symmetric(options.scale, rng);
  drawn.shear = symmetric(options.shear, rng);
  drawn.rotation = symmetric(options.rotation, rng);
  drawn.down = symmetric(options.shift, rng);
  drawn.right = symmetric(options.shift, rng);
  return drawn;
}

// A part of `length` pixels, at least one, of an axis; all of it if that is shorter.
Range draw_side(double length, std::size_t axis, Rng& rng) {
  const auto most = static_cast<double>(axis);
  const auto pixels = static_cast<std::size_t>(std::clamp(std::round(length), 1.0, most));
  const std::size_t begin = rng.below(axis - pixels + 1);
  return {begin, begin + pixels};
}

// The images of a batch, with the parts of their changes that they share.
class Images {
 public:
  Images(const AugmentationOptions& options, const Shape& shape)
      : options_(options),
        rows_(shape[0]),
        columns_(shape[1]),
        channels_(shape.size() == 3 ? shape[2] : 1) {
    if (options.elastic > 0) elastic_.emplace(rows_, columns_, options.smoothing, options.elastic);
  }

  std::size_t features() const { return rows_ * columns_ * channels_; }
  Warp warp() const { return Warp(rows_, columns_, channels_); }

  void change(Real* image, Rng rng, Warp& warp, std::vector<std::uint32_t>& noise) const {
    const Affine affine = draw_affine(options_, rng);
    if (elastic_ || affine != Affine()) {
      warp.set(affine);
      if (elastic_) {
        noise.resize(2 * elastic_->words());
        rng.split(1).fill(noise);
        const std::span words(noise);
        elastic_->add(words.first(elastic_->words()), warp.row_places());
        elastic_->add(words.last(elastic_->words()), warp.column_places());
      }
      warp.apply(image);
    }
    if (rng.uniform() < options_.erase) erase(image, rng);
  }

 private:
  void erase(Real* image, Rng& rng) const {
    const double area = rng.uniform(options_.erase_least, options_.erase_most) *
                        static_cast<double>(rows_ * columns_);
    const double ratio = std::pow(longest, symmetric(1, rng));  // height / width
    const Range rows = draw_side(std::sqrt(area * ratio), rows_, rng);
    const Range columns = draw_side(std::sqrt(area / ratio), columns_, rng);
    for (std::size_t r = rows.begin; r < rows.end; ++r)
      std::fill_n(image + (r * columns_ + columns.begin) * channels_, columns.size() * channels_,
                  Real(0));
  }

  const AugmentationOptions& options_;
  std::size_t rows_, columns_, channels_;
  std::optional<ElasticFields> elastic_;
};

}  // namespace

Augmentation::Augmentation(const AugmentationOptions& options) : options_(options) {
  const auto within = [](double x, double least, double most) { return x >= least && x <= most; };
  const auto& o = options;
  expect(within(o.shift, 0, far), "shift", o.shift, "0 to 1e6 pixels");
  expect(within(o.rotation, 0, 180), "rotation", o.rotation, "0 to 180 degrees");
  expect(o.scale >= 0 && o.scale < 1, "scale", o.scale, "0 to below 1");
  expect(o.shear >= 0 && o.shear < 90, "shear", o.shear, "0 to below 90 degrees");
  expect(within(o.elastic, 0, far), "elastic", o.elastic, "0 to 1e6");
  expect(within(o.smoothing, 1, far), "smoothing", o.smoothing, "1 to 1e6 pixels");
  expect(within(o.flip, 0, 1), "flip", o.flip, "a probability");
  expect(within(o.erase, 0, 1), "erase", o.erase, "a probability");
  expect(within(o.erase_least, 0, 1), "erase_least", o.erase_least, "0 to 1");
  expect(within(o.erase_most, o.erase_least, 1), "erase_most", o.erase_most, "erase_least to 1");
}

void Augmentation::check(const Shape& sample_shape) const {
  if (sample_shape.size() != 2 && sample_shape.size() != 3)
    fail_usage("augmentation", "samples of shape ", to_string(sample_shape),
               ", expected images: (rows,columns) or (rows,columns,channels).");
}

void Augmentation::apply(std::span<Real> images, const Shape& sample_shape,
                         std::span<const std::uint32_t> samples, const Rng& key) const {
  check(sample_shape);
  const Images shared(options_, sample_shape);
  const std::size_t features = shared.features();
  if (images.size() != samples.size() * features)
    fail_usage("augmentation", images.size(), " values for ", samples.size(), " samples of shape ",
               to_string(sample_shape), '.');
  if (features == 0) return;
  parallel_ranges(
      samples.size(), std::max<std::size_t>(1, values_at_once / features), [&](Range range) {
        Warp warp = shared.warp();
        std::vector<std::uint32_t> noise;
        for (std::size_t i = range.begin; i < range.end; ++i)
          shared.change(images.data() + i * features, key.split(samples[i]), warp, noise);
      });
}

}  // namespace data
}  // namespace reel::inline REEL_PRECISION
