// Options that several commands refuse in the same way.
#include "refusals.h"

#include <algorithm>
#include <string_view>

#include <reel/autodiff/core/file.h>

#include "../common/text.h"

namespace reel::mnist {

using namespace apps;

void expect_effect(bool has_effect, bool given, const std::string& option,
                   const std::string& reason) {
  if (given && !has_effect) fail_usage(option, "it has no effect ", reason, '.');
}

void expect_effects(const TrainOptions& options) {
  const auto is = [&](std::initializer_list<std::string_view> schedules) {
    return std::find(schedules.begin(), schedules.end(), options.schedule) != schedules.end();
  };
  const std::string with = "with --schedule " + options.schedule;
  expect_effect(is({"linear", "cosine", "restarts", "plateau"}), options.lr_end.has_value(),
                "lr-end", with);
  expect_effect(is({"step", "restarts", "exponential", "plateau"}), options.lr_every.has_value(),
                "lr-every", with);
  expect_effect(is({"step", "exponential", "plateau"}), options.lr_factor.has_value(), "lr-factor",
                with);
  expect_effect(!is({"plateau"}), options.warm_up > 0, "warm-up", with);
  expect_effect(options.elastic > 0, options.elastic_sigma.has_value(), "elastic-sigma",
                "without --elastic");
  expect_effect(options.validation > 0, options.monitor != "loss", "monitor",
                "with --validation 0");
  expect_effect(options.load.empty(), options.init.has_value(), "init",
                "with --load, which has the first weights");
}

void expect_different_files(const char* command, std::initializer_list<NamedFile> files) {
  for (const NamedFile* one = files.begin(); one != files.end(); ++one)
    for (const NamedFile* other = one + 1; other != files.end(); ++other)
      if (!one->path.empty() && !other->path.empty() && same_file(one->path, other->path))
        fail_usage(command, "--", one->option, " and --", other->option, " name the same file, ",
                   absolute_name(one->path), '.');
}

void check_plot(const std::string& path) {
  if (path.empty()) return;
  check_can_write(path, "plot");
  const std::size_t point = path.rfind('.');
  const std::string ending = point == std::string::npos ? "" : lower_case(path.substr(point + 1));
  for (const char* const other : {"png", "jpg", "jpeg", "gif", "webp", "pdf"})
    if (ending == other)
      fail_usage("plot", in_quotes(path), ": the picture is an SVG file. Hint: ",
                 in_quotes(path.substr(0, point + 1) + "svg"), '.');
}

}  // namespace reel::mnist
