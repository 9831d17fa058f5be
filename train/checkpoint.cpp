// The states of parts, and their places in a file: the kind of a part is stored under its number;
// its other names begin with this number and a dot.
#include <reel/train/checkpoint.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include <reel/autodiff/core/file.h>
#include <reel/nn/safetensors.h>
#include <reel/nn/weight_names.h>

namespace reel::inline REEL_PRECISION {
namespace train {
namespace {

using optim::State;

// Under this name a state of one value has it.
const std::string value_name = "value";

std::string prefix(std::size_t part) { return concat(part, '.'); }

State state_in(const State& all, std::size_t part) {
  const std::string start = prefix(part);
  const auto copy = [&](const auto& from, auto& to) {
    for (const auto& [name, value] : from)
      if (name.starts_with(start)) to[name.substr(start.size())] = value;
  };
  State state{all.field(concat(part))};
  copy(all.tensors, state.tensors);
  copy(all.fields, state.fields);
  return state;
}

void set_all(const State& all, const std::vector<detail::Part>& parts, bool first_only) {
  const std::size_t count = all.count("parts");
  if (first_only ? count < parts.size() : count != parts.size())
    fail_usage("checkpoint", "it has ", count, " parts, expected ", first_only ? "at least " : "",
               parts.size(), '.');
  std::vector<State> states;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    states.push_back(state_in(all, i));
    if (parts[i].check) parts[i].check(states[i]);
  }
  std::vector<std::pair<std::size_t, State>> done;  // the parts that are set, as they were before
  try {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!parts[i].before) continue;
      State before = parts[i].before();
      parts[i].set(states[i]);
      done.emplace_back(i, std::move(before));
    }
  } catch (...) {  // the part that threw is unchanged
    for (const auto& [i, before] : done) parts[i].set(before);
    throw;
  }
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (!parts[i].before) parts[i].set(states[i]);
}

std::uint64_t word(const State& state, const std::string& name) {
  const std::string& text = state.field(name);
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) detail::refuse_integer(state);
  return value;
}

// Whether the text is a number of this type, as a whole.
template <class Integer>
void parse_integer(Integer& number, const State& state) {
  state.expect_kind("integer");
  const std::string& text = state.field(value_name);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) detail::refuse_integer(state);
}

// Throws Error if the state is not that of such a model; returns the modes.
std::vector<bool> check_state(const nn::Module& model, const State& state) {
  state.expect_kind("model");
  const std::string& letters = state.field("modes");
  std::vector<bool> modes;
  for (const char letter : letters) modes.push_back(letter == 't');
  if (modes.size() != model.modes().size() || letters.find_first_not_of("te") != std::string::npos)
    fail_usage("model", "the state has the modes of ", modes.size(), " parts, the model has ",
               model.modes().size(), '.');
  const auto parts = nn::state_of(model);
  for (const nn::NamedState& part : parts)
    static_cast<void>(state.tensor(part.path, part.shape()));  // checks
  if (state.tensors.size() != parts.size())
    fail_usage("model", "the state has ", state.tensors.size(), " tensors, the model ",
               parts.size(), '.');
  if (state.field("frozen").size() != model.parameters().size())
    fail_usage("model", "the state says which of ", state.field("frozen").size(),
               " parameters are frozen, the model has ", model.parameters().size(), '.');
  return modes;
}

}  // namespace

namespace detail {

State state_of(const Stateful& part) { return part.state(); }

Part part_of(Stateful& part) {
  return {.check = {},
          .set = [&part](const State& state) { part.set_state(state); },
          .before = [&part] { return part.state(); }};
}

Part part_of(nn::Module& model) {
  return {.check = [&model](const State& state) { check_state(model, state); },
          .set = [&model](const State& state) { set_state(model, state); }};
}

State state_of(const nn::Module& model) {
  State state{"model"};
  std::string modes;
  for (const bool training : model.modes()) modes += training ? 't' : 'e';
  std::string frozen;  // of each parameter
  for (const nn::NamedState& part : nn::state_of(model)) {
    state.tensors[part.path] = part.value();
    if (!part.buffer) frozen += part.parameter.frozen() ? 'f' : 't';
  }
  state.fields["modes"] = modes;
  state.fields["frozen"] = frozen;
  return state;
}

void set_state(nn::Module& model, const State& state) {
  const std::vector<bool> modes = check_state(model, state);
  model.name_parts();
  auto frozen = state.field("frozen").begin();
  for (const nn::NamedState& part : nn::state_of(model)) {
    const Tensor& value = state.tensors.at(part.path);
    if (part.buffer) {
      *part.buffer = value;
      continue;
    }
    Parameter parameter = part.parameter;
    parameter.set_value(value);
    if (*frozen++ == 'f')
      parameter.freeze();
    else
      parameter.unfreeze();
  }
  model.set_modes(modes);
}

State state_of(const Rng& rng) {
  State state{"rng"};
  const Rng::State& from = rng.state();
  state.fields["seed"] = std::to_string(from.seed);
  state.fields["stream"] = std::to_string(from.stream);
  state.fields["position"] = std::to_string(from.position);
  return state;
}

void set_state(Rng& rng, const State& state) {
  state.expect_kind("rng");
  rng = Rng({word(state, "seed"), word(state, "stream"), word(state, "position")});
}

State state_of(const Tensor& tensor) {
  State state{"tensor"};
  state.tensors[value_name] = tensor;
  return state;
}

void set_state(Tensor& tensor, const State& state) {
  state.expect_kind("tensor");
  const auto found = state.tensors.find(value_name);
  if (found == state.tensors.end()) fail_usage("tensor", "the state has no tensor.");
  tensor = found->second;
}

State state_of(const std::string& text) {
  State state{"text"};
  state.fields[value_name] = text;
  return state;
}

void set_state(std::string& text, const State& state) {
  state.expect_kind("text");
  text = state.field(value_name);
}

State state_of(double number) {
  State state{"number"};
  state.put(value_name, number);
  return state;
}

void set_state(double& number, const State& state) {
  state.expect_kind("number");
  number = state.number(value_name);
}

State state_of_integer(const std::string& digits) {
  State state{"integer"};
  state.fields[value_name] = digits;
  return state;
}

void set_integer(long long& number, const State& state) { parse_integer(number, state); }
void set_integer(unsigned long long& number, const State& state) { parse_integer(number, state); }

void refuse_integer(const State& state) {
  fail_usage(state.kind, "the state has an integer that is malformed or out of range.");
}

State state_of_absent() { return {"none"}; }

Part absent_part() {
  return {[](const State& state) { state.expect_kind("none"); }, [](const State&) {}};
}

void save_states(const std::filesystem::path& path, std::vector<State> states) {
  nn::SafeTensors file;
  State all{"checkpoint"};
  all.put("parts", static_cast<double>(states.size()));
  for (std::size_t i = 0; i < states.size(); ++i) {
    all.fields[concat(i)] = states[i].kind;
    for (auto& [name, text] : states[i].fields) all.fields[prefix(i) + name] = std::move(text);
    for (auto& [name, value] : states[i].tensors)
      file.tensors.push_back({prefix(i) + name, std::move(value)});
  }
  file.metadata = std::move(all.fields);
  nn::save_safetensors(path, file);
}

void load_states(const std::filesystem::path& path, const std::vector<Part>& parts,
                 bool first_only) {
  nn::SafeTensors file = nn::load_safetensors(path);
  if (!file.metadata.contains("parts")) {
    std::vector<std::string> names;
    for (const nn::NamedTensor& tensor : file.tensors) names.push_back(tensor.name);
    fail(Error::Kind::input, "checkpoint", absolute_name(path), ": holds no checkpoint",
         names.empty() ? "."
                       : concat(", but the tensors ", list_names(names),
                                ". Hint: nn::load_weights reads the weights of a model."));
  }
  State all{"checkpoint"};
  all.fields = std::move(file.metadata);
  for (nn::NamedTensor& tensor : file.tensors) all.tensors[tensor.name] = std::move(tensor.value);
  try {
    set_all(all, parts, first_only);
  } catch (const Error& error) {
    fail(Error::Kind::input, "checkpoint", absolute_name(path), ": ", error.what());
  }
}

}  // namespace detail
}  // namespace train
}  // namespace reel::inline REEL_PRECISION
