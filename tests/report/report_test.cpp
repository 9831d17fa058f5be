// Pages: each section has its data, names are escaped, and nothing is loaded from elsewhere.
#include <doctest/doctest.h>

#include <filesystem>
#include <functional>

#include <reel/autodiff/core/file.h>
#include <reel/autodiff/core/rng.h>
#include <reel/data/picture.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/layer_norm.h>
#include <reel/nn/linear.h>
#include <reel/report/drawing_page.h>
#include <reel/report/html.h>
#include <reel/report/report.h>

using namespace reel;

namespace {

const std::filesystem::path file =
    std::filesystem::temp_directory_path() / "reel-tests-report.html";

data::Dataset small_images() {
  Tensor pixels = zeros({12, 2, 3});
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels.data()[i] = static_cast<Real>(i * 7 % 11) / Real(10);
  return {pixels,
          {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2},
          {.name = "small", .class_names = {"<hat> & \"coat\"", "shoe", "bag"}}};
}

nn::Sequential small_net() {
  Rng rng(1);
  nn::Sequential net = nn::mlp({6, 4, 3}, nn::relu);
  nn::init(net, rng);
  return net;
}

report::Report full_report() {
  nn::Sequential net = small_net();
  const data::Dataset images = small_images();
  report::Report full;
  full.title = "A <title>";
  full.settings = {{"rate & more", "0.125"}};
  full.environment = {{"processor", "<fast>"}};
  full.charts = {{"Loss <by epoch>", {"epoch"}, {"loss"}, {{"training", {1, 2}, {3, 1}}}}};
  report::add_model(full, net, images);
  full.suspects = report::suspects({{5, 2, 0, -1.75}}, images);
  full.suspects_among = 11;
  full.sharpness = {{1, {9.5, 4.5}, 0.5}, {2, {12.25, 3.5}, 0.5}};
  full.eigenvalues = {11.04, 3.6};
  full.notes = {"A note & more."};
  full.sharpness_samples = 7;
  return full;
}

std::string page_of(const report::Report& contents) {
  report::write_page(file, contents);
  std::string text = read_file(file, "test", std::size_t{1} << 24);
  std::filesystem::remove(file);
  return text;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++found;
  return found;
}

}  // namespace

TEST_CASE("report: each section has its data") {
  const report::Report full = full_report();
  const std::string page = page_of(full);
  CHECK(has(page, "<th scope=\"row\">rate &amp; more</th><td>0.125</td>"));
  CHECK(has(page, "<td>&lt;fast&gt;</td>"));
  CHECK(has(page, "Loss &lt;by epoch&gt;"));
  for (const std::vector<plot::Chart>& charts :
       {full.charts, std::vector{report::sharpness_chart(full.sharpness)}})
    for (std::string svg : plot::svgs({"", charts, 3}))
      CHECK(has(page, svg.substr(svg.find("<desc>"))));
  CHECK(has(page, concat(full.confusion.correct(), " of 12 samples")));
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j)
      if (full.confusion(i, j) > 0) CHECK(has(page, concat("\">", full.confusion(i, j), "</td>")));
  REQUIRE(!full.mistakes.empty());
  for (const report::Mistake& mistake : full.mistakes)
    CHECK(has(page, concat("alt=\"test sample ", mistake.row, ": ", html::escaped(mistake.label))));
  CHECK(has(page, "rather &lt;hat&gt; &amp; &quot;coat&quot;<br>margin -1.75"));
  CHECK(has(page, "<td>1</td><td>relu</td><td>4</td>"));
  CHECK(has(page, "<p>A note &amp; more.</p>"));
  CHECK(has(page, "ones of 11 training samples"));
  CHECK(has(page, "of 7 training samples; of this network: 11, 3.6."));
  CHECK(count(page, "alt=\"weights of neuron ") == 4);
  CHECK(count(page, "title=\"shoe: ") == 4);
  CHECK(has(page, "id=\"pad\""));
}

TEST_CASE("report: the confusion matrix has a row for each class, with its recall") {
  report::Report matrix{.title = "M", .classes = {"hat", "shoe"}, .confusion = train::Confusion(2)};
  for (int i = 0; i < 7; ++i) matrix.confusion.add(0, 1);
  for (int i = 0; i < 3; ++i) matrix.confusion.add(0, 0);
  matrix.confusion.add(1, 1);
  const std::string page = page_of(matrix);
  CHECK(has(page, "4 of 11 samples are recognised: 36.4 %."));
  CHECK(has(page,
            "<tr><th scope=\"row\">hat</th><td class=\"right\" style=\"--share:0.3\">3</td>"
            "<td class=\"wrong\" style=\"--share:0.7\">7</td><td>30.0 %</td></tr>"));
  CHECK(has(page,
            "<tr><th scope=\"row\">shoe</th><td>0</td><td class=\"right\" style=\"--share:1\">1"
            "</td><td>100.0 %</td></tr>"));
}

TEST_CASE("report: bars have the length and the sign of the contributions") {
  report::Report bars{
      .title = "B", .classes = {"hat", "shoe"}, .last_hidden_layer = {{{}, {4, -1}}, {{}, {0, 2}}}};
  const std::string page = page_of(bars);
  CHECK(has(page,
            "<span>0</span><i style=\"--share:1\" title=\"hat: 4\"></i>"
            "<span>1</span><i class=\"minus\" style=\"--share:0.25\" title=\"shoe: -1\"></i>"));
  CHECK(has(page, "<i style=\"--share:0.5\" title=\"shoe: 2\"></i>"));
  CHECK(has(page, "the longest is 4."));
}

TEST_CASE("report: a wide layer shows its first neurons, and says so") {
  report::Report wide;
  wide.first_layer.assign(300, {full({1, 1}, 0.5), {}});
  const std::string page = page_of(wide);
  CHECK(count(page, "<figure>") == 256);
  CHECK(has(page, "the first 256 of 300 neurons"));
}

TEST_CASE("report: a search that found nothing is told from none") {
  report::Report searched{.title = "S", .suspects_among = 20};
  CHECK(has(page_of(searched), "None of 20 training samples has a label that looks wrong."));
}

TEST_CASE("report: a model that cannot be drawn for has all other parts") {
  nn::Sequential net(nn::Linear(6, 4), nn::LayerNorm(4), nn::relu, nn::Linear(4, 3));
  Rng rng(1);
  nn::init(net, rng);
  report::Report parts;
  report::add_model(parts, net, small_images());
  CHECK(parts.drawing_board.empty());
  CHECK(parts.confusion.total() == 12);
  CHECK(parts.first_layer.size() == 4);
}

TEST_CASE("report: an empty part has no section") {
  report::Report nothing;
  nothing.title = "Nothing";
  const std::string page = page_of(nothing);
  CHECK(has(page, "<h1>Nothing</h1>"));
  CHECK_FALSE(has(page, "<section"));
  CHECK(count(page_of(full_report()), "<section") == 8);
}

TEST_CASE("report: a page refers to nothing outside, and names cannot become tags") {
  const std::string page = page_of(full_report());
  CHECK_FALSE(has(page, "http"));
  CHECK_FALSE(has(page, "<hat>"));
  CHECK_FALSE(has(page, "<title>A <title>"));
  CHECK(count(page, " src=\"") == count(page, " src=\"data:image/png;base64,"));
  CHECK(has(page, "prefers-color-scheme:dark"));
  CHECK(html::json_string("</script>\"") == "\"\\u003c/script>\\\"\"");
}

TEST_CASE("report: mistakes are sorted by confidence and have the right names") {
  nn::Sequential net = small_net();
  const data::Dataset images = small_images();
  const auto all = report::mistakes(net, images, 100);
  const train::Confusion confusion = train::evaluate(net, images).confusion;
  REQUIRE(all.size() == confusion.total() - confusion.correct());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].label == images.class_name(static_cast<std::size_t>(images.label(all[i].row))));
    CHECK(all[i].guesses[0].name != all[i].label);
    CHECK(all[i].image == images.sample(all[i].row));
    if (i > 0) CHECK(all[i].guesses[0].probability <= all[i - 1].guesses[0].probability);
  }
  CHECK(report::mistakes(net, images, 1).size() == 1);
}

TEST_CASE("report: suspects of a subset have the rows of its data set, and a negative margin") {
  nn::Sequential net = small_net();
  const data::Dataset images = small_images(),
                      some = images.subset(std::vector<std::uint32_t>{11, 7, 3});
  CHECK(report::suspects({{1, 1, 0, -2}}, some)[0].row == 7);
  CHECK(report::suspects({{1, 1, 0, -2}}, some)[0].image == images.sample(7));
  for (const report::Mistake& mistake : report::mistakes(net, some))
    CHECK(mistake.image == some.sample(mistake.row));
  CHECK(report::suspects({{1, 1, 0, -2}, {2, 0, 1, 0.5}}, some).size() == 1);
}

TEST_CASE("report: the contributions of all neurons and the bias are the mean output") {
  nn::Sequential net = small_net();
  const data::Dataset images = small_images();
  report::Report shallow;
  report::add_model(shallow, net, images);
  const Tensor scores = net(images.all().inputs).value();
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = static_cast<double>(net.get<nn::Linear>(2).bias.value()(c)), mean = 0;
    for (const report::Neuron& neuron : shallow.first_layer) sum += neuron.contributions[c];
    for (std::size_t i = 0; i < 12; ++i) mean += static_cast<double>(scores(i, c)) / 12;
    CHECK(sum == doctest::Approx(mean).epsilon(1e-5));
  }
}

TEST_CASE("report: deep networks have the weights of the first layer and bars of the last") {
  Rng rng(2);
  nn::Sequential net = nn::mlp({6, 5, 4, 3}, nn::tanh, {.batch_norm = true, .dropout = 0.5});
  nn::init(net, rng);
  report::Report deep;
  report::add_model(deep, net, small_images());
  REQUIRE(deep.first_layer.size() == 5);
  REQUIRE(deep.last_hidden_layer.size() == 4);
  CHECK(deep.first_layer[2].weights(1, 2) == net.get<nn::Linear>(0).weight.value()(2, 5));
  CHECK(deep.first_layer[0].contributions.empty());
  CHECK(deep.last_hidden_layer[0].contributions.size() == 3);
  CHECK(deep.units.size() == 2);
  CHECK(net.training());
}

TEST_CASE("drawing board: the network is inside, and digits are centred as MNIST's are") {
  nn::Sequential net = small_net();
  CHECK(has(report::drawing_board(net, small_images()), "\"centred\":false"));
  CHECK(
      has(report::drawing_board(net, small_images(), report::Framing::mnist), "\"centred\":true"));
  const data::Dataset digits(zeros({3, 2, 3}), {0, 1, 2});
  const std::string board = report::drawing_board(net, digits);
  CHECK(has(board, "\"centred\":true"));
  CHECK(has(board, "\"classes\":[\"0\",\"1\",\"2\"]"));
  CHECK(count(board, "\"kind\":\"linear\"") == 2);
  CHECK(has(board, "{\"kind\":\"relu\"}"));
  net.get<nn::Linear>(2).bias.set_value(Tensor{1, -2, 0.5});
  CHECK(has(report::drawing_board(net, digits), "\"bias\":\"AACAPwAAAMAAAAA/\""));  // 3 floats
  report::write_drawing_page(file, net, digits);
  const std::string page = read_file(file, "test", std::size_t{1} << 24);
  std::filesystem::remove(file);
  CHECK(has(page, "<h1>Draw for a network of data</h1>"));
  CHECK_FALSE(has(page, "http"));
}

TEST_CASE("drawing board: a layer that the page cannot compute is named") {
  nn::Sequential net(nn::Linear(6, 3), nn::LayerNorm(3));
  Rng rng(1);
  nn::init(net, rng);
  CHECK_THROWS_WITH_AS(report::drawing_board(net, small_images()),
                       doctest::Contains("[drawing] layer 1 is LayerNorm"), Error);
  nn::Sequential linear(nn::Linear(6, 3));
  nn::init(linear, rng);
  CHECK_THROWS_WITH_AS(report::drawing_board(linear, data::Dataset(zeros({2, 6}), {0, 1})),
                       doctest::Contains("expected images (rows,columns)"), Error);
}

TEST_CASE("drawing board: names of one character are digits or letters, also beyond ASCII") {
  const auto framing = [](std::vector<std::string> names) {
    return report::framing_of({zeros({2, 2, 2}), {0, 1}, {.class_names = std::move(names)}});
  };
  CHECK(framing({"7", "8"}) == report::Framing::mnist);
  CHECK(framing({"お", "é"}) == report::Framing::mnist);
  CHECK(framing({"7", "10"}) == report::Framing::resized);
}

TEST_CASE("html: pictures of weights are orange below 0, blue above, and transparent at 0") {
  const double values[] = {-1, 0, 1};
  write_file(file, "test", html::diverging_png(values, 1, 3));
  const pixels::Picture picture = pixels::read_picture(file);
  std::filesystem::remove(file);
  REQUIRE(picture.bytes.size() == 3);
  CHECK(picture.bytes[0] == doctest::Approx(0.299 * 0xe0 + 0.587 * 0x6a).epsilon(0.02));
  CHECK(picture.bytes[1] == 0);
  CHECK(picture.bytes[2] ==
        doctest::Approx(0.299 * 0x1f + 0.587 * 0x7f + 0.114 * 0xd1).epsilon(0.02));
}

TEST_CASE("html: base64 of RFC 4648, and PNG files") {
  CHECK(html::base64("") == "");
  CHECK(html::base64("f") == "Zg==");
  CHECK(html::base64("fo") == "Zm8=");
  CHECK(html::base64("foobar") == "Zm9vYmFy");
  const std::uint8_t levels[] = {0, 255};
  CHECK(html::grey_png(levels, 1, 2).starts_with("\x89PNG"));
  CHECK_THROWS_AS(html::grey_png(levels, 2, 2), Error);
}
