// Mistakes with modules.
#include "mistake.h"
#include "small_net.h"

using namespace reel;

namespace {

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
      {"an ensemble of nothing", [] { return nn::ensemble({}); }, "[ensemble] has no members."},
      {"an ensemble of networks of two sizes",
       [] {
         std::vector<nn::Sequential> nets;
         nets.push_back(initialised(nn::mlp({3, 5, 2}, nn::relu)));
         nets.push_back(initialised(nn::mlp({3, 6, 2}, nn::relu)));
         return nn::ensemble(nets);
       },
       "[ensemble] layer 0 of member 1 is Linear(3, 6), of member 0 it is Linear(3, 5)."},
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
