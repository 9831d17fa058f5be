// The table of optimisers: a row for each name.
#include <reel/optim/optimizers.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace reel::inline REEL_PRECISION {
namespace optim {
namespace {

// An option of an options struct, behind a pointer to it.
struct Field {
  std::string_view name;
  double (*get)(const void* options);
  void (*set)(void* options, double value);
};
using Fields = std::vector<Field>;

template <class T>
struct MemberOf;
template <class T, class Options>
struct MemberOf<T Options::*> {
  using Type = T;
  using Class = Options;
};

template <auto member>
Field field(std::string_view name) {
  using Type = typename MemberOf<decltype(member)>::Type;
  using Options = typename MemberOf<decltype(member)>::Class;
  return {name,
          [](const void* options) {
            return static_cast<double>(static_cast<const Options*>(options)->*member);
          },
          [](void* options, double value) {
            static_cast<Options*>(options)->*member = static_cast<Type>(value);
          }};
}

// The names of all elements, separated by commas.
template <class Range, class Name>
std::string listed(const Range& range, Name name) {
  std::string text;
  for (const auto& element : range) text += concat(text.empty() ? "" : ", ", name(element));
  return text;
}

void set_options(void* options, const Fields& fields, const NamedOptions& given,
                 std::string_view optimizer) {
  for (const NamedOption& option : given) {
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const Field& f) { return f.name == option.name; });
    if (found == fields.end())
      fail_usage(optimizer, "there is no option \"", option.name, "\". Hint: one of ",
                 listed(fields, [](const Field& f) { return f.name; }), '.');
    found->set(options, option.value);
  }
}

struct Row {
  NamedOptimizer described;
  std::function<std::unique_ptr<Optimizer>(const Groups&, const NamedOptions&)> make;
};

// A row of one of the classes. `own`: its options beside lr, l2 and weight_decay, which all have.
template <class Method, class Options>
Row row(std::string_view name, double lr, const Options& defaults, const Fields& own) {
  Fields fields{field<&Options::lr>("lr"), field<&Options::l2>("l2"),
                field<&Options::weight_decay>("weight_decay")};
  fields.insert(fields.end(), own.begin(), own.end());
  Row result{{name, lr, {}}, {}};
  for (const Field& f : fields) result.described.options.push_back({f.name, f.get(&defaults)});
  result.make = [=](const Groups& groups, const NamedOptions& given) {
    Options options = defaults;
    set_options(&options, fields, given, name);
    return std::make_unique<Method>(groups, options);
  };
  return result;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    const Fields sgd{field<&SgdOptions::momentum>("momentum"),
                     field<&SgdOptions::dampening>("dampening"),
                     field<&SgdOptions::nesterov>("nesterov")};
    const Fields adam{field<&AdamOptions::beta1>("beta1"), field<&AdamOptions::beta2>("beta2"),
                      field<&AdamOptions::eps>("eps"), field<&AdamOptions::amsgrad>("amsgrad")};
    return std::vector<Row>{
        row<Sgd>("sgd", 0.1, SgdOptions(), sgd),
        row<Sgd>("momentum", 0.05, SgdOptions{.momentum = 0.9}, sgd),
        row<Sgd>("nesterov", 0.05, SgdOptions{.momentum = 0.9, .nesterov = true}, sgd),
        row<Adagrad>("adagrad", 0.01, AdagradOptions(),
                     {field<&AdagradOptions::lr_decay>("lr_decay"),
                      field<&AdagradOptions::eps>("eps"), field<&AdagradOptions::start>("start")}),
        row<Rmsprop>("rmsprop", 0.001, RmspropOptions(),
                     {field<&RmspropOptions::alpha>("alpha"), field<&RmspropOptions::eps>("eps"),
                      field<&RmspropOptions::momentum>("momentum"),
                      field<&RmspropOptions::centered>("centered")}),
        row<Adadelta>("adadelta", 1, AdadeltaOptions(),
                      {field<&AdadeltaOptions::rho>("rho"), field<&AdadeltaOptions::eps>("eps")}),
        row<Rprop>(
            "rprop", 0.001, RpropOptions(),
            {field<&RpropOptions::down>("down"), field<&RpropOptions::up>("up"),
             field<&RpropOptions::shortest>("shortest"), field<&RpropOptions::longest>("longest")}),
        row<Adam>("adam", 0.001, AdamOptions(), adam),
        row<Adam>("amsgrad", 0.001, AdamOptions{.amsgrad = true}, adam),
        row<AdamW>("adamw", 0.001, AdamWOptions(),
                   {field<&AdamWOptions::beta1>("beta1"), field<&AdamWOptions::beta2>("beta2"),
                    field<&AdamWOptions::eps>("eps"), field<&AdamWOptions::amsgrad>("amsgrad")}),
        row<NAdam>("nadam", 0.001, NAdamOptions(),
                   {field<&NAdamOptions::beta1>("beta1"), field<&NAdamOptions::beta2>("beta2"),
                    field<&NAdamOptions::eps>("eps"),
                    field<&NAdamOptions::momentum_decay>("momentum_decay")}),
        row<RAdam>("radam", 0.001, RAdamOptions(),
                   {field<&RAdamOptions::beta1>("beta1"), field<&RAdamOptions::beta2>("beta2"),
                    field<&RAdamOptions::eps>("eps")}),
        row<AdaMax>("adamax", 0.002, AdaMaxOptions(),
                    {field<&AdaMaxOptions::beta1>("beta1"), field<&AdaMaxOptions::beta2>("beta2"),
                     field<&AdaMaxOptions::eps>("eps")})};
  }();
  return table;
}

const Row& find_row(std::string_view name) {
  for (const Row& row : rows())
    if (row.described.name == name) return row;
  fail_usage("optimizer", "there is no \"", name, "\". Hint: one of ",
             listed(rows(), [](const Row& row) { return row.described.name; }), '.');
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
