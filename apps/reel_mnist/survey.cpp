// One pass over the images of a data set.
#include "survey.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <reel/autodiff/core/hash.h>

namespace reel::mnist {
namespace {

using Labels = std::unordered_map<std::uint64_t, std::int32_t>;  // the first label by hash

void count(Repeats& repeats, std::int32_t earlier, std::int32_t label) {
  ++repeats.images;
  if (earlier != label) ++repeats.with_another_label;
}

}  // namespace

Survey survey(const data::Dataset& dataset) {
  constexpr std::size_t block = 256;  // images that are in memory as numbers at a time
  Survey result{.per_class = std::vector<std::size_t>(dataset.classes())};
  Labels seen;
  data::Batch batch;
  double sum = 0, squares = 0;
  for (std::size_t start = 0; start < dataset.size(); start += block) {
    std::vector<std::uint32_t> rows(std::min(block, dataset.size() - start));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(start));
    dataset.gather(rows, batch);
    const Real* pixel = batch.inputs->data();
    for (const Label label : batch.labels) {
      Hash hash;
      bool constant = true;
      const Real first = *pixel;
      for (std::size_t i = 0; i < dataset.features(); ++i, ++pixel) {
        const double x = *pixel;
        sum += x;
        squares += x * x;
        constant &= *pixel == first;
        hash.add(std::bit_cast<std::uint32_t>(static_cast<float>(x)));
      }
      result.constant += constant;
      result.empty += constant && first == 0;
      ++result.per_class[static_cast<std::size_t>(label)];
      const auto [earlier, is_new] = seen.try_emplace(hash.value(), label);
      if (!is_new) count(result.repeats, earlier->second, label);
      result.hashes.push_back(hash.value());
      result.labels.push_back(label);
    }
  }
  const double n = static_cast<double>(dataset.size()) * static_cast<double>(dataset.features());
  result.mean = sum / n;
  result.standard_deviation = std::sqrt(std::max(0.0, squares / n - result.mean * result.mean));
  return result;
}

Repeats shared_images(const Survey& train, const Survey& test) {
  Labels seen;
  for (std::size_t i = 0; i < train.hashes.size(); ++i)
    seen.try_emplace(train.hashes[i], train.labels[i]);
  Repeats repeats;
  for (std::size_t i = 0; i < test.hashes.size(); ++i)
    if (const auto earlier = seen.find(test.hashes[i]); earlier != seen.end())
      count(repeats, earlier->second, test.labels[i]);
  return repeats;
}

std::uint64_t fingerprint(const Survey& train, const Survey& test, const data::Dataset& dataset) {
  Hash hash;
  for (const std::size_t size : dataset.sample_shape()) hash.add(std::uint64_t{size});
  for (const Survey* half : {&train, &test}) {
    hash.add(std::uint64_t{half->hashes.size()});
    for (std::size_t i = 0; i < half->hashes.size(); ++i) {
      hash.add(half->hashes[i]);
      hash.add(static_cast<std::uint32_t>(half->labels[i]));
    }
  }
  return hash.value();
}

}  // namespace reel::mnist
