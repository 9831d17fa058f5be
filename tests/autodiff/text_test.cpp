// Numbers in texts for users.
#include <doctest/doctest.h>

#include <reel/autodiff/core/text.h>

namespace reel {
namespace {

TEST_CASE("text: digits in groups") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(60'000) == "60,000");
  CHECK(grouped(1'234'567) == "1,234,567");
}

TEST_CASE("text: one thing, and several") {
  CHECK(counted(1, "image") == "1 image");
  CHECK(counted(0, "image") == "0 images");
  CHECK(counted(60'000, "image") == "60,000 images");
  CHECK(counted(1, "class", "classes") == "1 class");
  CHECK(counted(10, "class", "classes") == "10 classes");
}

}  // namespace
}  // namespace reel
