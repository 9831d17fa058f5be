// How many digits of a variance are right in float: more than six by the two-pass formula, none or
// one by E[x²] − E[x]², which loses them at its subtraction. This half is linked with reel::f32.
#include <iostream>

#include "losses.h"

using namespace reel;

int main() {
  const std::vector<Tensor> x{vector({1000.1f, 1001.3f, 1002.2f, 999.7f})};
  const GradientDigits good = two_pass_digits(record_gradients(two_pass, x));
  const GradientDigits bad = one_pass_digits(record_gradients(one_pass, x));
  std::cout << "two passes: " << good << "\none pass: " << bad << '\n';
  return good.value > 6 && bad.value < 2 && bad.losses[0].place == "subtract" ? 0 : 1;
}
