// Folders of checkpoints: which files stay, leftovers, foreign files, damage, and the first parts.
#include <reel/train/checkpoint_folder.h>

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <reel/autodiff/core/file.h>
#include <reel/nn/activations.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>

#include "../nn/models.h"
#include "../temporary_folder.h"
#include "../throws.h"

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

Names names_in(const fs::path& folder) {
  Names names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  return names;
}

Position at(std::size_t epoch, std::size_t batch) {
  Position position;
  position.epoch = epoch, position.batch = batch;
  return position;
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_CASE("checkpoint folder: keeps the newest two and the best") {
  const TemporaryFolder parent;
  CheckpointFolder folder(parent / "run");
  CHECK(!folder.newest());
  CHECK(!folder.best());
  CHECK(!fs::exists(folder.path()));  // reading makes no folder
  int number = -1;
  CHECK(!folder.load(number));
  CHECK(number == -1);

  const auto save = [&](std::size_t epoch, std::size_t batch, bool best) {
    return folder.save(at(epoch, batch), best, static_cast<int>(100 * epoch + batch)).filename();
  };
  CHECK(save(1, 5, false) == "checkpoint-000001-epoch-1-batch-5.safetensors");
  CHECK(!folder.best());
  CHECK(save(2, 0, true) == "checkpoint-000002-epoch-2-batch-0-best.safetensors");
  CHECK(names_in(folder.path()).size() == 2);
  save(2, 70, false);
  CHECK(names_in(folder.path()) == Names{"checkpoint-000002-epoch-2-batch-0-best.safetensors",
                                         "checkpoint-000003-epoch-2-batch-70.safetensors"});
  save(3, 0, false);
  save(4, 0, false);
  CHECK(names_in(folder.path()) == Names{"checkpoint-000002-epoch-2-batch-0-best.safetensors",
                                         "checkpoint-000004-epoch-3-batch-0.safetensors",
                                         "checkpoint-000005-epoch-4-batch-0.safetensors"});
  // another object, as after a resume, knows the newest and the best
  CheckpointFolder resumed(folder.path());
  CHECK(resumed.best()->filename() == "checkpoint-000002-epoch-2-batch-0-best.safetensors");
  CHECK(resumed.load(number));
  CHECK(number == 400);
  load_checkpoint(*resumed.best(), number);
  CHECK(number == 200);
  resumed.save(at(5, 0), true, 5);
  CHECK(names_in(folder.path()) == Names{"checkpoint-000005-epoch-4-batch-0.safetensors",
                                         "checkpoint-000006-epoch-5-batch-0-best.safetensors"});
  CHECK(resumed.best() == resumed.newest());
  // a run from the beginning, or twice at one position: the last one saved is the newest
  resumed.save(at(1, 0), false, 1);
  resumed.save(at(1, 0), false, 11);
  CHECK(resumed.load(number));
  CHECK(number == 11);
  CHECK(resumed.best()->filename() == "checkpoint-000006-epoch-5-batch-0-best.safetensors");
  CHECK(names_in(folder.path()).size() == 3);

  CheckpointFolder three(parent / "three", {.keep = 3});
  for (std::size_t epoch = 1; epoch < 7; ++epoch) three.save(at(epoch, 0), epoch == 1, 1);
  CHECK(names_in(three.path()).size() == 4);
  CHECK_ERROR("[checkpoint] keep = 0, expected at least 1.",
              CheckpointFolder(parent / "x", {.keep = 0}));
}

TEST_CASE("checkpoint folder: the order is that of numbers, not of text") {
  const TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path);
  save_checkpoint(folder / "checkpoint-999999-epoch-9-batch-0.safetensors", 1);
  CHECK(checkpoints.save(at(10, 0), false, 2).filename() ==
        "checkpoint-1000000-epoch-10-batch-0.safetensors");
  int number = 0;
  CHECK(checkpoints.load(number));
  CHECK(number == 2);
}

TEST_CASE("checkpoint folder: foreign files stay and are ignored, leftovers are removed") {
  const TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path);
  const Names foreign{"notes.txt",
                      "checkpoint-000009-epoch-1-batch-2.safetensors.bak",
                      "checkpoint-9-epoch-1-batch-2.safetensors",
                      "checkpoint-000009-epoch-01-batch-2.safetensors",
                      "checkpoint-000009-epoch-1-batch-2-worst.safetensors",
                      "checkpoint-000009-epoch-1-batch--2.safetensors",
                      "checkpoint-99999999999999999999999-epoch-1-batch-2.safetensors",
                      "checkpoint-000009-epoch-1.safetensors",
                      "checkpoint-",
                      ".reel-12-x.tmp",
                      ".reel-.tmp",
                      "reel-12-3.tmp"};
  for (const std::string& name : foreign) write(folder / name, "mine");
  write(folder / ".reel-12-3.tmp", "half a check");
  write(folder / ".reel-1-0.tmp", "");
  CHECK(!checkpoints.newest());
  for (std::size_t epoch = 1; epoch < 5; ++epoch) {
    checkpoints.save(at(epoch, 0), false, static_cast<int>(epoch));
    CHECK(names_in(folder.path).size() == foreign.size() + std::min<std::size_t>(2, epoch));
  }
  for (const std::string& name : foreign) CHECK(read_file(folder / name, "test", 9) == "mine");
  CHECK(checkpoints.newest()->filename() == "checkpoint-000004-epoch-4-batch-0.safetensors");
}

TEST_CASE("checkpoint folder: a damaged newest one is named, with the one before it") {
  const TemporaryFolder folder;
  CheckpointFolder checkpoints(folder.path);
  const fs::path first = checkpoints.save(at(1, 0), true, 1),
                 second = checkpoints.save(at(2, 0), false, 2);
  const std::string bytes = read_file(second, "test", 1 << 20);
  int number = -1;
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    write(second, bytes.substr(0, size));
    try {
      checkpoints.load(number);
      FAIL("nothing was thrown");
    } catch (const Error& error) {
      const std::string message = error.what();
      CHECK(error.kind() == Error::Kind::input);
      CHECK(message.find('\n') == std::string::npos);
      CHECK(message.find(second.string()) != std::string::npos);
      CHECK(message.ends_with(
          concat(" Hint: if it is damaged, delete it; the checkpoint before it is ", first.string(),
                 ".")));
    }
    CHECK(number == -1);
  }
  load_checkpoint(first, number);  // as the message says
  CHECK(number == 1);
  checkpoints.save(at(1, 5), false, 3);  // then the newest is a good one again
  CHECK(checkpoints.load(number));
  CHECK(number == 3);

  std::string text;
  CHECK_ERROR(
      "[text] was given a state of \"integer\". Hint: if it is damaged, delete it; the checkpoint "
      "before it is",
      checkpoints.load(text));
  const TemporaryFolder one;
  CheckpointFolder single(one.path);
  write(single.save(at(1, 0), false, 1), "x");
  CHECK(message_of([&] { single.load(number); }).find("before it") == std::string::npos);
}

TEST_CASE("checkpoint folder: a folder that cannot be made or read") {
  const TemporaryFolder folder;
  write(folder / "file", "x");
  const auto kind = [](auto&& f) {
    try {
      f();
    } catch (const Error& error) {
      return error.kind();
    }
    return Error::Kind::failure;
  };
  for (const fs::path& path : {folder / "file", folder / "file" / "run", fs::path()}) {
    CAPTURE(path.string());
    CHECK(kind([&] { CheckpointFolder(path).save(at(1, 0), false, 1); }) == Error::Kind::system);
  }
  CHECK_ERROR(
      concat("[checkpoint] ", (folder / "file").string(), ": cannot be made: Not a directory."),
      CheckpointFolder(folder / "file").save(at(1, 0), false, 1));
  CHECK_ERROR("cannot be read: Not a directory.", CheckpointFolder(folder / "file").newest());
  CHECK(names_in(folder.path) == Names{"file"});
}

TEST_CASE("checkpoint: the first parts can be read alone, to make the others") {
  const TemporaryFolder folder;
  const auto path = folder / "run";
  save_checkpoint(path, std::string("8 tanh"), 7, initialised(nn::mlp({2, 8, 1}, nn::tanh)));
  std::string text, other;
  int number = 0;
  load_first_parts(path, text);
  CHECK(text == "8 tanh");
  load_first_parts(path, other, number);
  CHECK(other == "8 tanh");
  CHECK(number == 7);
  nn::Sequential model = nn::mlp({2, 8, 1}, nn::tanh);
  load_first_parts(path, text, number, model);
  CHECK(model.parameters()[0].initialised());
  load_first_parts(path);

  number = -1;
  CHECK_ERROR("[text] was given a state of \"integer\".", load_first_parts(path, text, text));
  CHECK_ERROR("[checkpoint] it has 3 parts, expected at least 4.",
              load_first_parts(path, text, number, model, number));
  CHECK_ERROR("[checkpoint] it has 3 parts, expected 1.", load_checkpoint(path, text));
  CHECK(number == -1);
}

}  // namespace
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
