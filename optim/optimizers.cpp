// The table of optimisers: a row for each name.
#include <reel/optim/optimizers.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <variant>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

template <class Options>
struct Field {
  std::string_view name;
  std::variant<double Options::*, bool Options::*> member;
};
template <class Options>
using Fields = std::vector<Field<Options>>;

struct Row {
  NamedOptimizer described;
  std::function<std::unique_ptr<Optimizer>(const Groups&, const NamedOptions&)> make;
};

// A row of one of the classes. `own`: its options beside lr, l2 and decay, which all have.
template <class Method, class Options>
Row row(std::string_view name, double lr, const Options& defaults, const Fields<Options>& own) {
  Fields<Options> fields{{"lr", &Options::lr}, {"l2", &Options::l2}, {"decay", &Options::decay}};
  fields.insert(fields.end(), own.begin(), own.end());
  Row result{{name, lr, {}}, {}};
  for (const Field<Options>& field : fields) {
    const auto value = [&](auto member) { return static_cast<double>(defaults.*member); };
    result.described.options.push_back({field.name, std::visit(value, field.member)});
  }
  result.make = [=](const Groups& groups, const NamedOptions& given) {
    Options options = defaults;
    for (const NamedOption& option : given) {
      const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field<Options>& f) {
        return f.name == option.name;
      });
      if (field == fields.end()) fail_usage(name, "there is no option \"", option.name, "\".");
      if (const auto number = std::get_if<double Options::*>(&field->member))
        options.*(*number) = option.value;
      else
        options.*(std::get<bool Options::*>(field->member)) = option.value != 0;
    }
    return std::make_unique<Method>(groups, options);
  };
  return result;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    const Fields<SgdOptions> sgd{{"momentum", &SgdOptions::momentum},
                                 {"dampening", &SgdOptions::dampening},
                                 {"nesterov", &SgdOptions::nesterov}};
    const Fields<AdamOptions> adam{{"beta1", &AdamOptions::beta1},
                                   {"beta2", &AdamOptions::beta2},
                                   {"eps", &AdamOptions::eps},
                                   {"amsgrad", &AdamOptions::amsgrad}};
    return std::vector<Row>{
        row<Sgd>("sgd", 0.1, SgdOptions(), sgd),
        row<Sgd>("momentum", 0.05, SgdOptions{.momentum = 0.9}, sgd),
        row<Sgd>("nesterov", 0.05, SgdOptions{.momentum = 0.9, .nesterov = true}, sgd),
        row<Adagrad>("adagrad", 0.01, AdagradOptions(),
                     {{"lr_decay", &AdagradOptions::lr_decay},
                      {"eps", &AdagradOptions::eps},
                      {"start", &AdagradOptions::start}}),
        row<Rmsprop>("rmsprop", 0.001, RmspropOptions(),
                     {{"alpha", &RmspropOptions::alpha},
                      {"eps", &RmspropOptions::eps},
                      {"momentum", &RmspropOptions::momentum},
                      {"centered", &RmspropOptions::centered}}),
        row<Adadelta>("adadelta", 1, AdadeltaOptions(),
                      {{"rho", &AdadeltaOptions::rho}, {"eps", &AdadeltaOptions::eps}}),
        row<Rprop>("rprop", 0.001, RpropOptions(),
                   {{"down", &RpropOptions::down},
                    {"up", &RpropOptions::up},
                    {"shortest", &RpropOptions::shortest},
                    {"longest", &RpropOptions::longest}}),
        row<Adam>("adam", 0.001, AdamOptions(), adam),
        row<Adam>("amsgrad", 0.001, AdamOptions{.amsgrad = true}, adam),
        row<AdamW>("adamw", 0.001, AdamWOptions(),
                   {{"beta1", &AdamWOptions::beta1},
                    {"beta2", &AdamWOptions::beta2},
                    {"eps", &AdamWOptions::eps},
                    {"amsgrad", &AdamWOptions::amsgrad}}),
        row<NAdam>("nadam", 0.001, NAdamOptions(),
                   {{"beta1", &NAdamOptions::beta1},
                    {"beta2", &NAdamOptions::beta2},
                    {"eps", &NAdamOptions::eps},
                    {"momentum_decay", &NAdamOptions::momentum_decay}}),
        row<RAdam>("radam", 0.001, RAdamOptions(),
                   {{"beta1", &RAdamOptions::beta1},
                    {"beta2", &RAdamOptions::beta2},
                    {"eps", &RAdamOptions::eps}}),
        row<AdaMax>("adamax", 0.002, AdaMaxOptions(),
                    {{"beta1", &AdaMaxOptions::beta1},
                     {"beta2", &AdaMaxOptions::beta2},
                     {"eps", &AdaMaxOptions::eps}})};
  }();
  return table;
}

const Row& find_row(std::string_view name) {
  for (const Row& row : rows())
    if (row.described.name == name) return row;
  fail_usage("optimizer", "there is no \"", name, "\".");
}

}  // namespace

const std::vector<NamedOptimizer>& optimizers() {
  static const std::vector<NamedOptimizer> all = [] {
    std::vector<NamedOptimizer> described;
    for (const Row& row : rows()) described.push_back(row.described);
    return described;
  }();
  return all;
}

const NamedOptimizer& find_optimizer(std::string_view name) { return find_row(name).described; }

std::unique_ptr<Optimizer> make_optimizer(std::string_view name, const Groups& groups,
                                          const NamedOptions& options) {
  return find_row(name).make(groups, options);
}

}  // namespace optim
}  // namespace reel::inline REEL_PRECISION
