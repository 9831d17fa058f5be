// How many digits of log(1 + eˣ) are right in float: more than six by softplus, fewer than four as
// it is written here, and log loses them. This half is linked with reel::f32.
#include <iostream>

#include "functions.h"

using namespace reel;

int main() {
  const std::vector<Tensor> x{vector({-9, -10, -11})};
  const GradientDigits of_good = digits_of_good(record_gradients(good, x));
  const GradientDigits of_bad = digits_of_bad(record_gradients(bad, x));
  std::cout << "softplus: " << of_good << "\nlog(1 + exp(x)): " << of_bad << '\n';
  return of_good.value > 6 && of_bad.value < 4 && of_bad.losses[0].place == "log" ? 0 : 1;
}
