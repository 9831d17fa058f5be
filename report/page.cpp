// The sections of a report as HTML.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <reel/autodiff/core/file.h>
#include <reel/report/assets.h>
#include <reel/report/html.h>
#include <reel/report/report.h>

namespace reel::inline REEL_PRECISION {
namespace report {
namespace {

using html::escaped;

constexpr std::size_t most_neurons = 256;  // of a layer, so that a page stays below some megabytes

std::string percent(double share) {
  char text[24];
  std::snprintf(text, sizeof text, "%.1f %%", 100 * share);
  return text;
}

std::string facts(std::string_view title, const std::vector<Fact>& all) {
  if (all.empty()) return {};
  std::string text = concat("<div><h3>", title, "</h3>\n<table>\n");
  for (const Fact& fact : all)
    text += concat("<tr><th scope=\"row\">", escaped(fact.name), "</th><td>", escaped(fact.value),
                   "</td></tr>\n");
  return text + "</table></div>\n";
}

std::string charts(const std::vector<plot::Chart>& all) {
  if (all.empty()) return {};
  constexpr std::string_view name_space = " xmlns=\"http://www.w3.org/2000/svg\"";  // HTML has it
  std::string text = "<div class=\"charts\">\n";
  for (std::string svg : plot::svgs({"", all, 3})) {
    if (const std::size_t at = svg.find(name_space); at != svg.npos)
      svg.erase(at, name_space.size());
    text += concat("<div class=\"chart\">", svg, "</div>\n");
  }
  return text + "</div>\n";
}

// Each row is a class; the colour of a cell is its share of the row.
std::string confusion(const train::Confusion& counts, const std::vector<std::string>& classes) {
  if (counts.total() == 0) return {};
  if (counts.classes() != classes.size())
    fail_usage("report", "the confusion has ", counts.classes(), " classes, and there are ",
               classes.size(), " names.");
  std::string text = concat(
      "<p>", counts.correct(), " of ", counts.total(),
      " samples are recognised: ", percent(counts.accuracy()),
      ". A row has the samples of one class, a column the samples that the network takes for "
      "a class.</p>\n<div class=\"wide\"><table class=\"confusion\">\n<thead><tr><th></th>");
  for (const std::string& name : classes)
    text += concat("<th scope=\"col\">", escaped(name), "</th>");
  text += "<th scope=\"col\">recall</th></tr></thead>\n";
  for (std::size_t i = 0; i < classes.size(); ++i) {
    std::size_t total = 0;
    for (std::size_t j = 0; j < classes.size(); ++j) total += counts(i, j);
    text += concat("<tr><th scope=\"row\">", escaped(classes[i]), "</th>");
    for (std::size_t j = 0; j < classes.size(); ++j) {
      const std::size_t count = counts(i, j);
      const double share = total == 0 ? 0 : static_cast<double>(count) / static_cast<double>(total);
      text += count == 0
                  ? std::string("<td>0</td>")
                  : concat("<td class=\"", i == j ? "right" : "wrong",
                           "\" style=\"--share:", html::number(share), "\">", count, "</td>");
    }
    text += concat("<td>", total == 0 ? "" : percent(counts.accuracy(i)), "</td></tr>\n");
  }
  return text + "</table></div>\n";
}

struct Size {
  std::size_t rows, columns;
};

// Samples that are not images become one row.
Size size_of(const Tensor& image) {
  if (image.dimension() == 2) return {image.shape()[0], image.shape()[1]};
  return {1, image.size()};
}

// Levels from 0 to 1; numbers outside move the limits.
std::string grey_image(const Tensor& image, std::string_view alt) {
  const double low = std::min(0.0, static_cast<double>(*std::ranges::min_element(image)));
  const double high = std::max(1.0, static_cast<double>(*std::ranges::max_element(image)));
  std::vector<std::uint8_t> levels;
  for (const Real value : image)
    levels.push_back(static_cast<std::uint8_t>(
        std::lround(255 * (static_cast<double>(value) - low) / (high - low))));
  const Size size = size_of(image);
  return html::image(html::grey_png(levels, size.rows, size.columns), size.rows, size.columns, alt);
}

std::string mistake_cells(const std::vector<Mistake>& mistakes) {
  if (mistakes.empty()) return {};
  std::string text = "<div class=\"cells\">\n";
  for (const Mistake& mistake : mistakes) {
    text +=
        concat("<figure>",
               grey_image(mistake.image, concat("test sample ", mistake.row, ": ", mistake.label)),
               "<figcaption><b>", escaped(mistake.label), "</b> <span class=\"quiet\">",
               mistake.row, "</span>");
    for (const Guess& guess : mistake.guesses)
      text += concat("<br>", escaped(guess.name), ' ', percent(guess.probability));
    text += "</figcaption></figure>\n";
  }
  return text + "</div>\n";
}

std::string suspect_cells(const std::vector<Suspect>& suspects, std::size_t among) {
  if (among == 0) return {};
  if (suspects.empty())
    return concat("<p>None of ", among, " training samples has a label that looks wrong.</p>\n");
  std::string text =
      concat("<p>The most suspicious ones of ", among,
             " training samples. Networks of the same layers that were not trained on these "
             "samples prefer another class. The margin is ln p(label) − ln p(other).</p>\n"
             "<div class=\"cells\">\n");
  for (const Suspect& suspect : suspects)
    text += concat(
        "<figure>",
        grey_image(suspect.image, concat("training sample ", suspect.row, ": ", suspect.label)),
        "<figcaption><b>", escaped(suspect.label), "</b>, rather ", escaped(suspect.other),
        "<br>margin ", html::number(suspect.margin), " <span class=\"quiet\">", suspect.row,
        "</span></figcaption></figure>\n");
  return text + "</div>\n";
}

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

// A bar for each output, with its number before it.
std::string bars(const std::vector<double>& values, const std::vector<std::string>& names,
                 double longest) {
  if (values.size() != names.size())
    fail_usage("report", "a neuron has ", values.size(), " contributions, and there are ",
               names.size(), " classes.");
  std::string text = "<div class=\"bars\">";
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double share = longest > 0 ? std::abs(values[i]) / longest : 0;
    text += concat("<span>", i, "</span><i", values[i] < 0 ? " class=\"minus\"" : "",
                   " style=\"--share:", html::number(share, 2), "\" title=\"", escaped(names[i]),
                   ": ", html::number(values[i]), "\"></i>");
  }
  return text + "</div>";
}

std::string weight_image(const Tensor& weights, double strongest, std::size_t neuron) {
  if (weights.size() == 0) return {};
  std::vector<double> values;
  for (const Real weight : weights)
    values.push_back(strongest > 0 ? static_cast<double>(weight) / strongest : 0);
  const Size size = size_of(weights);
  return html::image(html::diverging_png(values, size.rows, size.columns), size.rows, size.columns,
                     concat("weights of neuron ", neuron));
}

// The absolute weight that 1 in 200 exceeds, so that few strong weights do not fade the others.
double strong_weight(const std::vector<Neuron>& neurons) {
  std::vector<double> sizes;
  for (const Neuron& neuron : neurons)
    for (const Real weight : neuron.weights) sizes.push_back(std::abs(static_cast<double>(weight)));
  if (sizes.empty()) return 0;
  const auto at =
      sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() - 1 - sizes.size() / 200);
  std::nth_element(sizes.begin(), at, sizes.end());
  return *at;
}

// All pictures have one scale of colours, and all bars one scale of lengths.
std::string neuron_cells(const std::vector<Neuron>& neurons,
                         const std::vector<std::string>& classes) {
  if (neurons.empty()) return {};
  const double strongest = strong_weight(neurons);
  double longest = 0;
  for (const Neuron& neuron : neurons) longest = std::max(longest, largest(neuron.contributions));
  std::string text = "<p>";
  if (strongest > 0)
    text += concat(
        "A picture shows the weight of each input: blue is positive, orange negative; "
        "the colours end at ±",
        html::number(strongest), ". ");
  if (longest > 0) {
    text += concat(
        "A bar shows how much the neuron adds to an output on average (weight × mean activation); "
        "the longest is ",
        html::number(longest), ". The outputs are");
    for (std::size_t i = 0; i < classes.size(); ++i)
      text += concat(i == 0 ? " " : ", ", i, " = ", escaped(classes[i]));
    text += '.';
  }
  const std::size_t shown = std::min(neurons.size(), most_neurons);
  if (shown < neurons.size())
    text += concat(" These are the first ", shown, " of ", neurons.size(), " neurons.");
  text += "</p>\n<div class=\"cells small\">\n";
  for (std::size_t i = 0; i < shown; ++i)
    text += concat(
        "<figure>", weight_image(neurons[i].weights, strongest, i), "<figcaption>", i,
        neurons[i].contributions.empty() ? "" : bars(neurons[i].contributions, classes, longest),
        "</figcaption></figure>\n");
  return text + "</div>\n";
}

std::string unit_table(const std::vector<train::HiddenLayer>& layers) {
  if (layers.empty()) return {};
  std::string text =
      "<p>A dead unit of relu is 0 for every test sample. A saturated unit is within 0.01 of a "
      "limit of its activation for more than 99 % of them.</p>\n<div class=\"wide\"><table>\n<tr>"
      "<th scope=\"col\">layer</th><th scope=\"col\">activation</th><th scope=\"col\">units</th>"
      "<th scope=\"col\">dead</th><th scope=\"col\">saturated</th></tr>\n";
  const auto indices = [](const train::HiddenLayer& layer, bool train::Unit::*flag) {
    std::string list;
    std::size_t count = 0;
    for (std::size_t i = 0; i < layer.units.size(); ++i)
      if (layer.units[i].*flag) list += concat(count++ == 0 ? ": " : ", ", i);
    return concat(count, list);
  };
  for (const train::HiddenLayer& layer : layers)
    text += concat("<tr><td>", escaped(layer.path), "</td><td>", escaped(layer.activation),
                   "</td><td>", layer.units.size(), "</td><td>", indices(layer, &train::Unit::dead),
                   "</td><td>", indices(layer, &train::Unit::saturated), "</td></tr>\n");
  return text + "</table></div>\n";
}

std::string sharpness_part(const Report& report) {
  if (report.sharpness.empty() && report.eigenvalues.empty()) return {};
  std::string values;
  for (const double value : report.eigenvalues)
    values += concat(values.empty() ? "" : ", ", html::number(value, 2));
  return concat("<p>The largest eigenvalues of the Hessian of the mean loss of ",
                report.sharpness_samples, " training samples",
                values.empty() ? "." : concat("; of this network: ", values, '.'),
                " Plain gradient descent with a rate η leaves a minimum whose largest eigenvalue "
                "is above 2/η; momentum raises this limit, and adaptive methods scale each weight "
                "by itself.</p>\n",
                report.sharpness.empty() ? "" : charts({sharpness_chart(report.sharpness)}));
}

}  // namespace

void write_page(const std::filesystem::path& path, const Report& report) {
  const std::string lists =
      facts("Settings", report.settings) + facts("Environment", report.environment);
  std::string notes;
  for (const std::string& note : report.notes) notes += concat("<p>", escaped(note), "</p>\n");
  const std::string body = concat(
      lists.empty() ? "" : concat("<div class=\"lists\">\n", lists, "</div>\n"), notes,
      html::section("charts", "Training", charts(report.charts)),
      html::section("confusion", "Confusion matrix", confusion(report.confusion, report.classes)),
      html::section("draw", "Draw for the network", report.drawing_board),
      html::section("mistakes", "The most confident mistakes", mistake_cells(report.mistakes)),
      html::section("suspects", "Labels that may be wrong",
                    suspect_cells(report.suspects, report.suspects_among)),
      html::section("units", "Hidden units", unit_table(report.units)),
      html::section("sharpness", "Sharpness of the loss", sharpness_part(report)),
      html::section("neurons", "The first layer", neuron_cells(report.first_layer, report.classes)),
      html::section("last-hidden", "The last hidden layer",
                    neuron_cells(report.last_hidden_layer, report.classes)));
  write_file(path, "report", html::document(report.title, html::page_css, body));
}

}  // namespace report
}  // namespace reel::inline REEL_PRECISION
