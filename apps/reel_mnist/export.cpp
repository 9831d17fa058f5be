// `reel-mnist export`: a saved network in the formats of other programs.
#include <iostream>

#include <reel/autodiff/core/file.h>
#include <reel/data/images.h>
#include <reel/data/mnist.h>
#include <reel/exchange/c.h>
#include <reel/exchange/npy.h>
#include <reel/exchange/onnx.h>
#include <reel/report/drawing_page.h>

#include "../common/text.h"
#include "commands.h"
#include "model.h"
#include "options.h"
#include "refusals.h"

namespace reel::mnist {

using apps::not_empty;

namespace {

std::map<std::string, std::string> metadata(const Architecture& architecture) {
  std::map<std::string, std::string> result{{"architecture", architecture.text()},
                                            {"images", "pixels from 0 to 1, row by row"}};
  if (!architecture.data.empty()) result["data"] = architecture.data;
  return result;
}

}  // namespace

int export_network(const ExportOptions& options) {
  if (options.onnx.empty() && options.c.empty() && options.npy.empty() && options.page.empty())
    fail_usage("export", "there is nothing to write. Hint: --onnx, --c, --npy or --page.");
  expect_different_files(
      "export",
      {{"load", options.load}, {"onnx", options.onnx}, {"c", options.c}, {"page", options.page}});
  LoadedModel loaded = load(options.load);
  data::Dataset images;  // for the page
  if (!options.page.empty()) {
    images = data::load_images(options.data).test;
    check_fits(loaded.architecture, images, options.load);
  }
  const auto written = [](const std::string& path, const auto& write) {
    write();
    std::cout << "wrote " << printable(path) << '\n';
  };
  if (!options.onnx.empty())
    written(options.onnx, [&] {
      exchange::write_onnx(options.onnx, loaded.model, {.metadata = metadata(loaded.architecture)});
    });
  if (!options.c.empty())
    written(options.c, [&] { exchange::write_c(options.c, loaded.model, {.int8 = options.int8}); });
  if (!options.npy.empty())
    written(options.npy, [&] { exchange::write_npy(options.npy, loaded.model); });
  if (!options.page.empty())
    written(options.page,
            [&] { reel::report::write_drawing_page(options.page, loaded.model, images); });
  return 0;
}

void add_export(apps::Program& program, ExportOptions& options) {
  CLI::App& command =
      program.add_command("export", "Write a saved network in the formats of other programs",
                          [&] { return export_network(options); });
  add_load(command, options.load, "The weights")->required();
  command.add_option("--onnx", options.onnx, "An ONNX file, with any number of images in a batch")
      ->check(not_empty)
      ->type_name("FILE");
  CLI::Option* const c =
      command.add_option("--c", options.c, "One file of C99 with a function for one image")
          ->check(not_empty)
          ->type_name("FILE");
  command
      .add_flag("--int8", options.int8, "With --c: weights of one byte, a quarter of the memory")
      ->needs(c);
  command
      .add_option("--npy", options.npy, "A folder, for a NumPy file of each tensor, named by path")
      ->check(not_empty)
      ->type_name("FOLDER");
  command.add_option("--page", options.page, "A web page on which you draw an image for it")
      ->check(not_empty)
      ->type_name("FILE");
  options.data = data::default_folder().string();
  command
      .add_option("--data", options.data, "With --page: images that give their size and classes")
      ->capture_default_str()
      ->type_name("PATH");
  command.footer(
      "Examples:\n"
      "  reel-mnist export --load net.safetensors --onnx net.onnx\n"
      "  reel-mnist export --load net.safetensors --c net.c --int8\n"
      "  reel-mnist export --load net.safetensors --page draw.html\n");
}

}  // namespace reel::mnist
