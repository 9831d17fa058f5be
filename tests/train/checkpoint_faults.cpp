// `save FOLDER N [best]` saves checkpoint N to a folder of checkpoints; `load FOLDER` prints the
// numbers of the newest and of the best. checkpoint_faults.sh runs it while system calls fail.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <reel/train/checkpoint_folder.h>

using namespace reel;

int main(int argc, char** argv) try {
  if (argc < 3) return 99;
  train::CheckpointFolder folder(argv[2]);
  if (argc > 3) {
    train::Position position;
    position.epoch = std::strtoul(argv[3], nullptr, 10);
    folder.save(position, argc > 4, position.epoch, full({1000, 300}, Real(position.epoch)));
    return 0;
  }
  std::size_t newest = 0, best = 0;
  Tensor tensor;
  if (!folder.load(newest, tensor)) return 98;
  if (tensor != full({1000, 300}, Real(newest))) return 97;
  train::load_checkpoint(*folder.best(), best, tensor);
  if (tensor != full({1000, 300}, Real(best))) return 96;
  std::printf("%zu %zu\n", newest, best);
} catch (const Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.kind());
}
