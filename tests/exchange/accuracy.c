/* The accuracy of two functions, `network` and `network_int8`, on images of 28×28 in IDX files.
   Arguments: the images, the labels. Prints both in percent, and fails unless they are within half
   a percentage point. */
#include <math.h>
#include <stdio.h>

void network(const float *input, float *output);
void network_int8(const float *input, float *output);

static int class_of(void (*f)(const float *, float *), const float *image) {
  float scores[10];
  int i, best = 0;
  f(image, scores);
  for (i = 1; i < 10; ++i)
    if (scores[i] > scores[best]) best = i;
  return best;
}

int main(int count, char **arguments) {
  FILE *images, *labels;
  unsigned char pixels[784], label;
  float image[784];
  int n = 0, right = 0, right_int8 = 0, i;
  if (count != 3) return 2;
  images = fopen(arguments[1], "rb");
  labels = fopen(arguments[2], "rb");
  if (!images || !labels || fseek(images, 16, SEEK_SET) || fseek(labels, 8, SEEK_SET)) return 2;
  while (fread(pixels, sizeof pixels, 1, images) == 1 && fread(&label, 1, 1, labels) == 1) {
    for (i = 0; i < 784; ++i) image[i] = (float)pixels[i] / 255;
    right += class_of(network, image) == label;
    right_int8 += class_of(network_int8, image) == label;
    ++n;
  }
  printf("%d images: float %.2f %%, int8 %.2f %%\n", n, 100.0 * right / n, 100.0 * right_int8 / n);
  return n == 10000 && fabs(100.0 * (right - right_int8) / n) <= 0.5 && 2 * right > n ? 0 : 1;
}
