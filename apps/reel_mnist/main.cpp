// reel-mnist: trains, evaluates and shows MLPs on MNIST-format images.
#include "options.h"

namespace reel::mnist {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Trains multilayer perceptrons on MNIST-format images.", "reel-mnist");
  apps::set_up(app, REEL_VERSION);
  int exit_code = 0;
  TrainOptions train_options;
  CommonOptions eval_options;
  PredictOptions predict_options;
  GradcheckOptions gradcheck_options;
  DataOptions data_options;
  add_train(app, train_options, exit_code);
  add_eval(app, eval_options, exit_code);
  add_predict(app, predict_options, exit_code);
  add_gradcheck(app, gradcheck_options, exit_code);
  add_data(app, data_options, exit_code);
  return apps::run(app, argc, argv, exit_code);
}

}  // namespace
}  // namespace reel::mnist

int main(int argc, char** argv) { return reel::mnist::run(argc, argv); }
