// Mistakes with modules, optimisers and schedules.
#include <limits>

#include "../nn/models.h"
#include "mistake.h"

using namespace reel;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
const Tensor images = full({4, 3}, 1);
const std::vector<Label> labels = {0, 1, 1, 0};

nn::Sequential net() {
  return initialised(nn::Sequential(nn::Linear(3, 5), nn::relu, nn::Linear(5, 2)));
}

void backward(const nn::Module& model) {
  Tape tape;
  tape.backward(nn::cross_entropy(model(images), labels));
}

// Two layers, of which `visit` lists the first alone.
struct Forgetful : nn::Module {
  nn::Linear in{3, 5}, out{5, 2};
  Var forward(const Var& x) const override { return out(reel::tanh(in(x))); }
  void visit(nn::Visitor& v) override { v("in", in); }
};

struct TwoInputs : nn::Module {
  nn::Linear left{3, 2}, right{3, 2};
  Var operator()(const Var& a, const Var& b) const { return left(a) + right(b); }
  void visit(nn::Visitor& v) override { v("left", left), v("right", right); }
};

struct SameNames : nn::Module {
  nn::Linear first{3, 5}, second{5, 2};
  Var forward(const Var& x) const override { return second(first(x)); }
  void visit(nn::Visitor& v) override { v("layer", first), v("layer", second); }
};

}  // namespace

TEST_CASE("mistakes: models") {
  Rng rng(1);
  check_mistakes({
      {"a layer without inputs", [] { return nn::Linear(0, 10); },
       "[linear] takes at least 1 input and 1 output, got 0 and 10."},
      {"a layer with -1 outputs", [] { return nn::Linear(10, static_cast<std::size_t>(-1)); },
       "[tensor] shape (18446744073709551615,10) has too many elements. Hint: a size cannot be "
       "negative, and -1 does not stand for the rest."},
      {"use a model before nn::init", [] { return nn::Sequential(nn::Linear(3, 2))(images); },
       "[parameter \"0.…\"] of shape (…), used in \"0\", has no values yet. Hint: call "
       "nn::init(model, rng), or load weights; if you did, the model's visit does not list it."},
      {"count on nn::init to find a part that visit forgets",
       [&] {
         Forgetful model;
         nn::init(model, rng);
         return model(images);
       },
       "[parameter \"…\"] of shape (…) has no values yet. Hint: call nn::init(model, rng), or load "
       "weights; if you did, the model's visit does not list it."},
      {"images of another size",
       [] {
         return net()(zeros({4, 784}));
       },
       "[linear \"0\"] expects (batch,3), got (4,784)."},
      {"one image without a batch axis", [] { return net()(zeros({3})); },
       "[linear \"0\"] expects (batch,3), got (3)."},
      {"images that are not flattened",
       [] {
         return net()(zeros({4, 1, 3}));
       },
       "[linear \"0\"] expects (batch,3), got (4,1,3)."},
      {"layers that do not fit",
       [] { return initialised(nn::Sequential(nn::Linear(3, 5), nn::Linear(4, 2)))(images); },
       "[linear \"1\"] expects (batch,4), got (4,5)."},
      {"use a model after it was moved",
       [] {
         nn::Sequential model = net(), moved = std::move(model);
         return model(images);  // NOLINT(bugprone-use-after-move)
       },
       "[module] was moved away. Hint: use the module that it was moved to."},
      {"ask a moved model for its parameters",
       [] {
         nn::Linear model = initialised(nn::Linear(3, 2)), moved = std::move(model);
         return model.parameters();  // NOLINT(bugprone-use-after-move)
       },
       "[module] was moved away. Hint: use the module that it was moved to."},
      {"ask a moved Sequential for its parameters",
       [] {
         nn::Sequential model = net(), moved = std::move(model);
         return model.parameters();  // NOLINT(bugprone-use-after-move)
       },
       "[module] was moved away. Hint: use the module that it was moved to."},
      {"move a layer out of a model",
       [] {
         nn::Sequential model = net();
         const nn::Linear taken = std::move(model.get<nn::Linear>(2));
         return summary(model);
       },
       "[module \"2\"] was moved away. Hint: use the module that it was moved to."},
      {"call a model of two inputs with one",
       [] {
         const TwoInputs model = initialised(TwoInputs());
         const nn::Module& as_module = model;
         return as_module(images);
       },
       "[module] has no forward function of one variable. Hint: override `Var forward(const Var&) "
       "const`, or call the module's own function."},
      {"two parts of one name",
       [] {
         SameNames model = initialised(SameNames());
         return model.parameters();
       },
       "[module] two parts are called \"layer.weight\". Hint: give each part a name of its own in "
       "visit."},
      {"a layer that does not exist", [] { return net()[3].describe(); },
       "[sequential] has 3 layers, there is no layer 3."},
      {"a layer of another type", [] { return net().get<nn::Linear>(1).out(); },
       "[sequential] layer 1 is relu, another type."},
      {"mlp of one width", [] { return nn::mlp({784}, nn::relu); },
       "[mlp] takes at least two widths, got 1."},
      {"mlp with a width of 0",
       [] {
         return nn::mlp({784, 0, 10}, nn::relu);
       },
       "[linear] takes at least 1 input and 1 output, got 784 and 0."},
      {"dropout of everything", [] { return nn::Dropout(1); },
       "[dropout] p 1, expected 0 to below 1."},
      {"dropout in percent", [] { return nn::Dropout(20); },
       "[dropout] p 20, expected 0 to below 1."},
      {"dropout without a RandomScope",
       [] {
         return initialised(nn::mlp({3, 5, 2}, nn::relu, {.dropout = 0.5}))(images);
       },
       "[dropout \"2\"] draws at random in training, and no RandomScope is alive. Hint: `const "
       "RandomScope scope(rng);` before the forward pass, or model.eval()."},
      {"batch norm of one sample in training",
       [] {
         return nn::BatchNorm(3)(zeros({1, 3}));
       },
       "[batch_norm] a batch of 1 has no variance. Hint: at least 2 samples in each batch, or "
       "model.eval()."},
      {"batch norm of other features", [] { return nn::BatchNorm(5)(images); },
       "[batch_norm] expects (batch,5), got (4,3)."},
      {"batch norm without features", [] { return nn::BatchNorm(0); },
       "[batch_norm] takes at least 1 feature, got 0."},
      {"batch norm with eps 0", [] { return nn::BatchNorm(3, {.eps = 0}); },
       "[batch_norm] eps 0, expected above 0."},
      {"batch norm with momentum in percent", [] { return nn::BatchNorm(3, {.momentum = 10}); },
       "[batch_norm] momentum 10, expected 0 to 1."},
      {"layer norm of other features", [] { return nn::LayerNorm(5)(images); },
       "[layer_norm] expects (…,5), got (4,3)."},
      {"layer norm without features", [] { return nn::LayerNorm(0); },
       "[layer_norm] takes at least 1 feature, got 0."},
      {"an embedding of no things", [] { return nn::Embedding(0, 8); },
       "[embedding] takes at least 1 row and 1 column, got 0 and 8."},
      {"an index beyond the embedding",
       [] {
         return initialised(nn::Embedding(3, 2))(std::vector<Label>{0, 3});
       },
       "[embedding] index 3 at position 1, expected a whole number from 0 to 2."},
      {"numbers that are no indices",
       [] { return initialised(nn::Embedding(3, 2))(Var(vector({0.5}))); },
       "[embedding] index 0.5 at position 0, expected a whole number from 0 to 2."},
      {"an activation with a capital", [] { return nn::activation_by_name("ReLU"); },
       "[activation] there is no \"ReLU\". Hint: one of relu, tanh, sigmoid, leaky_relu, elu, "
       "selu, gelu, silu, mish, softplus, softsign, hard_tanh, hard_sigmoid, hard_swish, "
       "identity."},
      {"an initialiser by its other name", [] { return nn::init_by_name("kaiming_uniform"); },
       "[init] there is no scheme \"kaiming_uniform\". Hint: one of uniform, xavier_uniform, "
       "xavier_normal, he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal."},
      {"copy the weights of another model",
       [] {
         const nn::Linear from = initialised(nn::Linear(3, 2));
         nn::Linear to(3, 4);
         nn::copy_state(from, to);
       },
       "[copy_state] \"weight\" (2,3) and \"weight\" (4,3) differ."},
      {"copy the weights of a model with other parts",
       [] {
         const nn::Sequential from = net();
         nn::Linear to(3, 4);
         nn::copy_state(from, to);
       },
       "[copy_state] one model has 4 parameters and buffers, the other 2."},
      {"clone a Sequential whose layers share a weight",
       [] {
         nn::Linear first = initialised(nn::Linear(3, 3)), second(3, 3);
         second.weight = first.weight;
         second.bias = first.bias;
         const nn::Sequential model(std::move(first), std::move(second));
         return nn::clone(model).size();
       },
       "[clone] parts of the model share parameters, and those of the copy would not. Hint: list "
       "such parts in a module of your own."},
      {"a plan for another batch size",
       [] {
         const nn::Sequential model = net();
         nn::Plan plan(model, {1, 3});
         return plan(images).size();
       },
       "[plan] was made for (1,3), got (4,3)."},
      {"functional_call with too few numbers",
       [] { return nn::functional_call(net(), Var(zeros({7})), images); },
       "[functional_call] theta has shape (7), the model has 32 parameters."},
      {"check a model with dropout in training mode",
       [&] {
         nn::Sequential model = initialised(nn::mlp({3, 5, 2}, nn::tanh, {.dropout = 0.5}));
         const RandomScope scope(rng);
         return nn::check_parameters(model,
                                     [&] { return nn::cross_entropy(model(images), labels); })
             .describe();
       },
       "f is not deterministic: two evaluations at the same inputs differ."},
  });
}

TEST_CASE("mistakes: optimisers") {
  nn::Sequential model = net();
  const auto sgd = [&](double lr) { return optim::Sgd(model.parameters(), {.lr = lr}); };
  check_mistakes({
      {"no learning rate for Sgd", [&] { return optim::Sgd(model.parameters(), {}); },
       "[sgd] lr = nan is not in [0, inf). Hint: was it set?"},
      {"a negative learning rate", [&] { return sgd(-0.1); },
       "[sgd] lr = -0.1 is not in [0, inf)."},
      {"a learning rate of NaN",
       [&] { return optim::Adam(model.parameters(), {.lr = not_a_number}); },
       "[adam] lr = nan is not in [0, inf). Hint: was it set?"},
      {"beta1 of 1", [&] { return optim::Adam(model.parameters(), {.beta1 = 1}); },
       "[adam] beta1 = 1 is not in [0, 1)."},
      {"a negative weight decay",
       [&] { return optim::AdamW(model.parameters(), {.weight_decay = -0.1}); },
       "[adamw] weight_decay = -0.1 is not in [0, inf)."},
      {"negative momentum",
       [&] { return optim::Sgd(model.parameters(), {.lr = 0.1, .momentum = -0.9}); },
       "[sgd] momentum = -0.9 is not in [0, inf)."},
      {"Nesterov without momentum",
       [&] { return optim::Sgd(model.parameters(), {.lr = 0.1, .nesterov = true}); },
       "[sgd] nesterov takes a momentum and no dampening."},
      {"no parameters", [] { return optim::Adam(std::vector<Parameter>()); },
       "[adam] was given no parameters."},
      {"a parameter in two groups",
       [&] {
         const auto all = model.parameters();
         return optim::Adam({{.parameters = all}, {.parameters = {all[0]}, .lr = 0.1}});
       },
       "[adam] parameter \"0.weight\" was given twice."},
      {"a group without parameters",
       [&] {
         return optim::Adam({{.parameters = model.parameters()}, {.lr = 0.1}}, {});
       },
       "[adam] group 1 has no parameters."},
      {"a negative rate of one group",
       [&] { return optim::Adam({{.parameters = model.parameters(), .lr = -1.0}}, {}); },
       "[adam] lr = -1 is not in [0, inf)."},
      {"make the optimiser before nn::init",
       [] {
         nn::Sequential fresh(nn::Linear(3, 2));
         return optim::Adam(fresh.parameters());
       },
       "[parameter \"0.weight\"] of shape (2,3) has no values yet. Hint: call nn::init(model, "
       "rng), or load weights; if you did, the model's visit does not list it."},
      {"step without backward",
       [&] {
         optim::Adam adam(model.parameters());
         adam.step();
       },
       "[adam] no parameter has a gradient. Hint: call tape.backward(loss) before step()."},
      {"the optimiser of another model",
       [&] {
         nn::Sequential other = net();
         optim::Adam adam(other.parameters());
         Tape tape;
         tape.backward(nn::cross_entropy(model(images), labels));
         adam.step();
       },
       "[adam] none of its parameters (\"0.weight\", …) has a gradient, but the last loss has "
       "given gradients to \"0.weight\", \"0.bias\", \"2.weight\", \"2.bias\". Hint: was this "
       "optimiser made for another model, or before a layer was replaced?"},
      {"replace a layer after the optimiser was made",
       [] {
         nn::Sequential fresh = net();
         optim::Sgd optimizer(fresh.parameters(), {.lr = 0.1});
         fresh.get<nn::Linear>(2) = initialised(nn::Linear(5, 2));
         fresh.name_parts();
         for (int i = 0; i < 21; ++i) {
           backward(fresh);
           optimizer.step();
         }
       },
       "warning: [backward] parameter \"2.weight\" has gradients, but in 20 steps no optimiser has "
       "used them. Hint: does the model's visit list it, and was the optimiser made with it? If it "
       "is not to be trained, freeze() it."},
      {"train a part that visit forgets",
       [] {
         Forgetful forgetful = initialised(Forgetful());
         nn::Sequential out = initialised(nn::Sequential(nn::Linear(5, 2)));
         forgetful.out = nn::clone(out.get<nn::Linear>(0));
         optim::Sgd optimizer(forgetful.parameters(), {.lr = 0.1});
         for (int i = 0; i < 21; ++i) {
           backward(forgetful);
           optimizer.step();
         }
       },
       "warning: [backward] parameter \"weight\" has gradients, but in 20 steps no optimiser has "
       "used them. Hint: does the model's visit list it, and was the optimiser made with it? If it "
       "is not to be trained, freeze() it."},
      {"use an optimiser after it was moved",
       [&] {
         optim::Sgd first = sgd(0.1), second = std::move(first);
         first.step();  // NOLINT(bugprone-use-after-move)
       },
       "[sgd] was moved away. Hint: give a schedule the optimiser at its final place."},
      {"set the rate of a group that does not exist",
       [&] {
         optim::Sgd optimizer = sgd(0.1);
         optimizer.set_lr(1, 0.01);
       },
       "[sgd] there is no group 1 of 1, the first is 0."},
      {"set a negative rate",
       [&] {
         optim::Sgd optimizer = sgd(0.1);
         optimizer.set_lr(-0.01);
       },
       "[sgd] lr = -0.01 is not in [0, inf)."},
      {"set the rate of a moved optimiser",
       [&] {
         optim::Sgd first = sgd(0.1), second = std::move(first);
         first.set_lr(0.01);  // NOLINT(bugprone-use-after-move)
       },
       "[sgd] was moved away. Hint: give a schedule the optimiser at its final place."},
      {"Adam's state for Sgd",
       [&] {
         optim::Sgd optimizer = sgd(0.1);
         optimizer.set_state(optim::Adam(model.parameters()).state());
       },
       "[sgd] was given a state of \"adam\"."},
      {"the state of an optimiser for another model",
       [&] {
         nn::Linear other = initialised(nn::Linear(3, 2));
         optim::Adam adam(other.parameters());
         adam.set_state(optim::Adam(model.parameters()).state());
       },
       "[adam] the state has 4 parameters in 1 groups, expected 2 in 1."},
      {"clip to a negative norm", [&] { return optim::clip_gradient_norm(model.parameters(), -1); },
       "[clip_gradient_norm] most = -1 is not finite and ≥ 0."},
      {"clip with a parameter given twice",
       [&] {
         auto twice = model.parameters();
         twice.push_back(twice[0]);
         return optim::clip_gradient_norm(twice, 1);
       },
       "[clip_gradient_norm] parameter \"0.weight\" was given twice."},
      {"clip each value to NaN",
       [&] { optim::clip_gradient_value(model.parameters(), not_a_number); },
       "[clip_gradient_value] limit = nan is not ≥ 0."},
      {"an optimiser by a wrong name",
       [&] { return optim::make_optimizer("adamax2", model.parameters()); },
       "[optimizer] there is no \"adamax2\". Hint: one of sgd, momentum, nesterov, adagrad, "
       "rmsprop, adadelta, rprop, adam, amsgrad, adamw, nadam, radam, adamax."},
      {"an option that the optimiser lacks",
       [&] {
         return optim::make_optimizer("adam", model.parameters(), {{"momentum", 0.9}});
       },
       "[adam] there is no option \"momentum\". Hint: one of lr, l2, weight_decay, beta1, beta2, "
       "eps, amsgrad."},
      {"Lbfgs without parameters", [] { return optim::Lbfgs({}); },
       "[lbfgs] was given no parameters."},
      {"Lbfgs whose function forgets backward",
       [&] {
         optim::Lbfgs lbfgs(model.parameters());
         return lbfgs.step(
             [&] { return static_cast<double>(nn::cross_entropy(model(images), labels).item()); });
       },
       "[lbfgs] no parameter has a gradient. Hint: call tape.backward(loss) in what it evaluates."},
      {"Lbfgs with an empty function",
       [&] {
         optim::Lbfgs lbfgs(model.parameters());
         return lbfgs.step({});
       },
       "[lbfgs] was given an empty function to evaluate."},
      {"Lbfgs with a loss of NaN",
       [&] {
         optim::Lbfgs lbfgs(model.parameters());
         return lbfgs.step([&] {
           backward(model);
           return not_a_number;
         });
       },
       "[lbfgs] the loss is not finite; the loss is nan. Hint: a smaller lr, or strong_wolfe."},
      {"find_rate with an empty function",
       [&] {
         optim::Sgd optimizer = sgd(0.1);
         return optim::find_rate(optimizer, {});
       },
       "[find_rate] was given an empty function."},
      {"find_rate with rates that fall",
       [&] {
         optim::Sgd optimizer = sgd(0.1);
         return optim::find_rate(optimizer,
                                 [&] {
                                   backward(model);
                                   return 1.0;
                                 },
                                 {.from = 1, .to = 0.1});
       },
       "[find_rate] to = 0.1 is not finite and above `from`."},
  });
}

TEST_CASE("mistakes: schedules") {
  nn::Sequential model = net();
  optim::Sgd sgd(model.parameters(), {.lr = 0.1});
  check_mistakes({
      {"decay in every 0th step", [] { return optim::step_decay(0); },
       "[step_decay] every = 0 is not positive."},
      {"a factor in percent, negative", [] { return optim::step_decay(10, -10); },
       "[step_decay] factor = -10 is not positive."},
      {"a cosine of length 0", [] { return optim::cosine(0); },
       "[cosine] length = 0 is not positive."},
      {"a warm-up of length 0", [] { return optim::linear_warm_up(0); },
       "[linear_warm_up] length = 0 is not positive."},
      {"one cycle of length 0", [] { return optim::one_cycle(0); },
       "[one_cycle] length = 0 is not positive."},
      {"one cycle that rises for 300 %", [] { return optim::one_cycle(100, {.rise = 3}); },
       "[one_cycle] rise = 3 is not in [0, 1]."},
      {"as many starts as rates",
       [] {
         return optim::sequence({optim::linear_warm_up(5), optim::cosine(95)}, {0, 5});
       },
       "[sequence] 2 rates need 1 starts, got 2."},
      {"a sequence of nothing", [] { return optim::sequence({}, {}); },
       "[sequence] was given no rates."},
      {"starts that fall",
       [] {
         return optim::sequence({optim::cosine(9), optim::cosine(9), optim::cosine(9)}, {20, 10});
       },
       "[sequence] the starts do not ascend."},
      {"a schedule without a function", [&] { return optim::Schedule(sgd, {}); },
       "[schedule] was given an empty function."},
      {"a schedule whose rate becomes negative",
       [&] {
         optim::Schedule schedule(
             sgd, [](double base, std::size_t t) { return base - 0.06 * static_cast<double>(t); });
         for (int i = 0; i < 3; ++i) schedule.step();
       },
       "[schedule] the rate of group 0 at t = 2 is -0.02."},
      {"move the optimiser after its schedule was made",
       [&] {
         optim::Sgd first(model.parameters(), {.lr = 0.1});
         optim::Schedule schedule(first, optim::cosine(10));
         const optim::Sgd second = std::move(first);
         schedule.step();
       },
       "[sgd] was moved away. Hint: give a schedule the optimiser at its final place."},
      {"a plateau that raises the rate", [&] { return optim::Plateau(sgd, {.factor = 2}); },
       "[plateau] factor = 2 is not in [0, 1)."},
      {"a window of one loss", [&] { return optim::Steady(sgd, {.window = 1}); },
       "[steady] window = 1 is not at least 2."},
      {"move the optimiser after its plateau was made",
       [&] {
         optim::Sgd first(model.parameters(), {.lr = 0.1});
         optim::Plateau plateau(first, {.patience = 0});
         const optim::Sgd second = std::move(first);
         for (int i = 0; i < 3; ++i) plateau.step(1);
       },
       "[sgd] was moved away. Hint: give a schedule the optimiser at its final place."},
      {"the state of a plateau for a schedule",
       [&] {
         optim::Schedule schedule(sgd, optim::cosine(10));
         schedule.set_state(optim::Plateau(sgd).state());
       },
       "[schedule] was given a state of \"plateau\"."},
  });
}
