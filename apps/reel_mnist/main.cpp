// reel-mnist: trains, evaluates and shows MLPs on MNIST-format images.
#include "options.h"

namespace reel::mnist {
namespace {

int run(int argc, char** argv) {
  apps::Program program("reel-mnist", "Trains multilayer perceptrons on MNIST-format images.",
                        REEL_VERSION);
  TrainOptions train_options;
  CompareOptions compare_options;
  EvalOptions eval_options;
  PredictOptions predict_options;
  GradcheckOptions gradcheck_options;
  ExportOptions export_options;
  bool recipes_as_json = false;
  DiffOptions diff_options;
  VerifyOptions verify_options;
  DataOptions data_options;
  add_train(program, train_options);
  add_compare(program, compare_options);
  add_eval(program, eval_options);
  add_predict(program, predict_options);
  add_gradcheck(program, gradcheck_options);
  add_export(program, export_options);
  add_recipes(program, recipes_as_json);
  add_diff(program, diff_options);
  add_verify(program, verify_options);
  add_data(program, data_options);
  return program.run(argc, argv);
}

}  // namespace
}  // namespace reel::mnist

int main(int argc, char** argv) { return reel::mnist::run(argc, argv); }
