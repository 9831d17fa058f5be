// The half of the program that is linked with reel::f64.
#include "losses.h"

reel::GradientDigits two_pass_digits(const reel::GradientRecord& in_float) {
  return digits_of_gradients(in_float, two_pass);
}

reel::GradientDigits one_pass_digits(const reel::GradientRecord& in_float) {
  return digits_of_gradients(in_float, one_pass);
}
