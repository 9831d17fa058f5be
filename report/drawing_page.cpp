// Writes a network as JSON into a page that computes it.
#include <reel/report/drawing_page.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/engine/tape.h>
#include <reel/nn/activations.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/dropout.h>
#include <reel/nn/linear.h>
#include <reel/report/assets.h>
#include <reel/report/html.h>
#include <reel/train/evaluate.h>

namespace reel::inline REEL_PRECISION {
namespace report {
namespace {

// As a JSON string: 32-bit floats in little-endian order, in base64.
std::string floats(const Tensor& values) {
  std::string bytes;
  for (const Real value : values) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 255);
  }
  return concat('"', html::base64(bytes), '"');
}

// In eval mode, batch norm is scale·x + shift in each column. Its values at 0 and 1 give both.
std::string scale_step(const nn::BatchNorm& norm) {
  const NoTape no_tape;
  const Tensor shift = norm(Var(zeros({1, norm.features()}))).value();
  const Tensor sum = norm(Var(full({1, norm.features()}, 1))).value();
  return concat("{\"kind\":\"scale\",\"scale\":", floats(evaluate(sum - shift)),
                ",\"shift\":", floats(shift), '}');
}

std::string linear_step(const nn::Linear& linear) {
  return concat("{\"kind\":\"linear\",\"outputs\":", linear.out(),
                ",\"weight\":", floats(linear.weight.value()),
                linear.bias ? concat(",\"bias\":", floats(linear.bias.value())) : "", '}');
}

bool is_dropout(const nn::Module& layer) { return dynamic_cast<const nn::Dropout*>(&layer); }

bool is_known(const nn::Module& layer) {
  return is_dropout(layer) || dynamic_cast<const nn::Linear*>(&layer) ||
         dynamic_cast<const nn::BatchNorm*>(&layer) ||
         std::ranges::any_of(nn::activations(), [&](const nn::Activation& activation) {
           return activation.name == layer.describe();
         });
}

std::string steps(nn::Sequential& model) {
  const train::EvalMode mode(model);
  std::string json;
  for (std::size_t i = 0; i < model.size(); ++i) {
    const nn::Module& layer = model[i];
    std::string step;
    if (!is_known(layer))
      fail_usage("drawing", "layer ", i, " is ", layer.describe(),
                 ", expected Linear, BatchNorm, Dropout or an activation of nn.");
    if (is_dropout(layer)) continue;  // nothing happens in eval mode
    if (const auto* linear = dynamic_cast<const nn::Linear*>(&layer))
      step = linear_step(*linear);
    else if (const auto* norm = dynamic_cast<const nn::BatchNorm*>(&layer))
      step = scale_step(*norm);
    else
      step = concat("{\"kind\":", html::json_string(layer.describe()), '}');
    json += concat(json.empty() ? "" : ",\n", step);
  }
  return json;
}

// Of a text in UTF-8.
std::ptrdiff_t characters(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace

Framing framing_of(const data::Dataset& dataset) {
  for (std::size_t c = 0; c < dataset.classes(); ++c)
    if (characters(dataset.class_name(c)) != 1) return Framing::resized;
  return dataset.classes() > 0 ? Framing::mnist : Framing::resized;
}

bool is_drawable(const nn::Sequential& model, const data::Dataset& dataset) {
  bool known = dataset.sample_shape().size() == 2;
  for (std::size_t i = 0; i < model.size(); ++i) known = known && is_known(model[i]);
  return known;
}

std::string drawing_board(nn::Sequential& model, const data::Dataset& dataset, Framing framing) {
  const Shape& shape = dataset.sample_shape();
  if (shape.size() != 2)
    fail_usage("drawing", "the samples of \"", dataset.name(), "\" have the shape ",
               to_string(shape), ", expected images (rows,columns).");
  std::string classes;
  for (std::size_t c = 0; c < dataset.outputs(); ++c)
    classes += concat(c == 0 ? "" : ",", html::json_string(dataset.class_name(c)));
  if (framing == Framing::automatic) framing = framing_of(dataset);
  return concat(
      "<style>\n", html::drawing_css,
      "</style>\n<noscript><p>To draw needs JavaScript.</p></noscript>",
      "<div class=\"board\" id=\"board\" hidden>\n<div><p>Draw with the mouse, a finger or a pen; "
      "or focus the board, "
      "move with the arrow keys, lower and lift the pen with the space bar.</p>\n"
      "<canvas id=\"pad\" tabindex=\"0\" role=\"application\" aria-describedby=\"pen\" "
      "aria-label=\"Drawing board\" style=\"--rows:",
      shape[0], ";--columns:", shape[1],
      "\"></canvas>\n<button id=\"clear\" type=\"button\">Clear</button>"
      "<span id=\"pen\" class=\"quiet\" aria-live=\"polite\"></span>\n</div>\n"
      "<div><output id=\"verdict\" aria-live=\"polite\"></output>\n"
      "<div id=\"chances\" class=\"bars from-zero\"></div>\n"
      "<h3>The image that the network sees</h3>\n<canvas id=\"seen\" role=\"img\" "
      "aria-label=\"The image that the network sees\"></canvas></div>\n"
      "<div><h3>What each layer computes</h3>\n<p class=\"quiet\">Blue is positive, orange "
      "negative.</p>\n<div id=\"layers\"></div></div>\n</div>\n"
      "<script type=\"application/json\" id=\"network\">{\"rows\":",
      shape[0], ",\"columns\":", shape[1],
      ",\"centred\":", framing == Framing::mnist ? "true" : "false", ",\"classes\":[", classes,
      "],\"steps\":[", steps(model), "]}</script>\n<script>\n", html::drawing_js, "</script>\n");
}

void write_drawing_page(const std::filesystem::path& path, nn::Sequential& model,
                        const data::Dataset& dataset, Framing framing) {
  write_file(path, "drawing",
             html::document(concat("Draw for a network of ", dataset.name()), html::page_css,
                            drawing_board(model, dataset, framing)));
}

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
