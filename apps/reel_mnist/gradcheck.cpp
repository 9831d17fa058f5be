// `reel-mnist gradcheck`: checks the gradients of a network.
#include <iostream>

#include <reel/data/batches.h>
#include <reel/data/mnist.h>

#include "../common/output.h"
#include "../common/text.h"
#include "commands.h"
#include "gradcheck_double.h"
#include "model.h"

namespace reel::mnist {

using namespace apps;

int gradcheck(const GradcheckOptions& options) {
  const Rng rng(options.seed);
  Rng weights_rng = rng.split(0);
  const LoadedModel network = make_model(options, weights_rng);
  const data::Mnist mnist = data::load_mnist(options.data);
  check_fits(network.architecture, mnist.train, options.load);
  const std::size_t count = std::min(options.images, mnist.train.size());

  GradcheckJob job{.layers = network.architecture.layers,
                   .activation = network.architecture.activation,
                   .batch_norm = network.architecture.options.batch_norm,
                   .dropout = network.architecture.options.dropout,
                   .seed = options.seed,
                   .order = options.order,
                   .full = options.full};
  for (const Parameter& parameter : network.model.parameters())
    job.parameters.emplace_back(parameter.value().begin(), parameter.value().end());
  for (const data::Batch& batch : data::batches(mnist.train, {.batch_size = count})) {
    job.images.assign(batch.inputs->begin(), batch.inputs->end());
    job.labels.assign(batch.labels.begin(), batch.labels.end());
    break;
  }
  const GradcheckResult result = check_in_double(job);

  if (options.json) {
    nlohmann::ordered_json json{{"ok", result.ok}};
    json.update(network.architecture.json());
    json.update({{"parameters", network.model.parameter_count()},
                 {"images", count},
                 {"seed", options.seed},
                 {"order", options.order},
                 {"full", options.full},
                 {"entries", result.entries},
                 {"worst", result.worst},
                 {"report", result.report}});
    std::cout << json_line(json);
  } else
    std::cout << network.architecture.text() << ", " << grouped(network.model.parameter_count())
              << " parameters, " << mnist.train.name() << ", " << count << " images, seed "
              << options.seed << ", in double\n"
              << (result.ok ? "The gradients are " : "A gradient is wrong: ") << result.report
              << '\n';
  return result.ok ? 0 : static_cast<int>(Error::Kind::failure);
}

}  // namespace reel::mnist
