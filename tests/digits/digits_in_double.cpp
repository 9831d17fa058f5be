// The half of digits_test.cpp that is linked with reel::f64.
#include "functions.h"

#include <reel/nn/check.h>

namespace reel {

GradientDigits digits_in_double(std::string_view function, const GradientRecord& tested) {
  return digits_of_gradients(tested, digits_test::function(function).f);
}

GradientDigits network_digits_in_double(const GradientRecord& tested, std::size_t hidden) {
  nn::Sequential net = digits_test::network(hidden);
  return nn::digits_of_gradients(tested, net, digits_test::network_loss);
}

GradientDigits planted_digits_in_double(const GradientRecord& tested) {
  nn::Sequential net = digits_test::planted_network();
  return nn::digits_of_gradients(tested, net, digits_test::network_loss);
}

GradientDigits wide_digits_in_double(const GradientRecord& tested, std::string_view activation) {
  nn::Sequential net = digits_test::wide_network(activation);
  return nn::digits_of_gradients(tested, net, digits_test::wide_loss);
}

}  // namespace reel
