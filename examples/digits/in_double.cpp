// The half of the program that is linked with reel::f64.
#include "functions.h"

reel::GradientDigits digits_of_good(const reel::GradientRecord& in_float) {
  return digits_of_gradients(in_float, good);
}

reel::GradientDigits digits_of_bad(const reel::GradientRecord& in_float) {
  return digits_of_gradients(in_float, bad);
}
