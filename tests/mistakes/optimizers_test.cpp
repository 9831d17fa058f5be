// Mistakes with optimisers and schedules.
#include "mistake.h"
#include "small_net.h"

using namespace reel;

TEST_CASE("mistakes: optimisers") {
  nn::Sequential model = net();
  const auto sgd = [&](double lr) { return optim::Sgd(model.parameters(), {.lr = lr}); };
  check_mistakes({
      {"no learning rate for Sgd", [&] { return optim::Sgd(model.parameters(), {}); },
       "[sgd] lr = nan is not in [0, inf). Hint: was it set?"},
      {"a negative learning rate", [&] { return sgd(-0.1); },
       "[sgd] lr = -0.1 is not in [0, inf)."},
      {"a learning rate of NaN", [&] { return optim::Adam(model.parameters(), {.lr = reel::nan}); },
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
      {"clip each value to NaN", [&] { optim::clip_gradient_value(model.parameters(), reel::nan); },
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
           return reel::nan;
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
