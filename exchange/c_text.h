// The parts of a C file that do not depend on the network. Words in capitals stand for what write_c
// puts in their place.
#pragma once

#include <string_view>

namespace reel::c_text {

/// An activation of nn::activations as an expression of x. Throws Error if it has no form in C.
std::string_view expression(std::string_view activation);

// Eight sums, so that a compiler can use vectors without changing the result.
inline constexpr std::string_view affine_function = R"(
/* y = scale * (W x) + b, with W (rows, columns) */
static void NAME_affine(const WEIGHT *w,SCALE const float *b, int rows, int columns,
                        const float *x, float *y) {
  int i, j, k;
  for (i = 0; i < rows; ++i) {
    const WEIGHT *row = w + (size_t)i * (size_t)columns;
    float part[8] = {0}, sum = 0;
    for (j = 0; j + 8 <= columns; j += 8)
      for (k = 0; k < 8; ++k) part[k] += (float)row[j + k] * x[j + k];
    for (; j < columns; ++j) sum += (float)row[j] * x[j];
    for (k = 0; k < 8; ++k) sum += part[k];
    y[i] = TIMES + b[i];
  }
}
)";

inline constexpr std::string_view batch_function = R"(
/* y = (x - mean) * scale + b */
static void NAME_batch_norm(const float *mean, const float *scale, const float *b, int n,
                            const float *x, float *y) {
  int i;
  for (i = 0; i < n; ++i) y[i] = (x[i] - mean[i]) * scale[i] + b[i];
}
)";

inline constexpr std::string_view layer_function = R"(
/* y = (x - mean) / sqrt(variance + eps) * w + b, with the mean and the variance of x */
static void NAME_layer_norm(const float *w, const float *b, float eps, int n, const float *x,
                            float *y) {
  float mean = 0, variance = 0;
  int i;
  for (i = 0; i < n; ++i) mean += x[i] / (float)n;
  for (i = 0; i < n; ++i) variance += (x[i] - mean) * (x[i] - mean) / (float)n;
  for (i = 0; i < n; ++i) y[i] = (x[i] - mean) / sqrtf(variance + eps) * w[i] + b[i];
}
)";

inline constexpr std::string_view activation_function = R"(
static void NAME_ACTIVATION(int n, const float *from, float *to) {
  int i;
  for (i = 0; i < n; ++i) {
    const float x = from[i];
    to[i] = EXPRESSION;
  }
}
)";

inline constexpr std::string_view self_test = R"(
#ifdef REEL_SELF_TEST
#include <stdio.h>

INPUTS
OUTPUTS
static void (*const NAME_tested)(const float *, float *) = NAME; /* main may use its name */

int main(void) {
  float output[COLUMNS], largest = 0, worst = 0;
  int i, j;
  for (i = 0; i < ROWS * COLUMNS; ++i) largest = fmaxf(largest, fabsf(NAME_outputs[i]));
  for (i = 0; i < ROWS; ++i) {
    NAME_tested(NAME_inputs + i * WIDTH, output);
    for (j = 0; j < COLUMNS; ++j) {
      const float difference = fabsf(output[j] - NAME_outputs[i * COLUMNS + j]);
      if (!(difference <= worst)) worst = difference; /* also a NaN */
    }
  }
  printf("largest output %g, largest difference %g\n", largest, worst);
  return worst <= 1e-4f * largest ? 0 : 1;
}
#endif
)";

}  // namespace reel::c_text
