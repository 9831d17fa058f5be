// The code that the lectures share: curves from a search's history, functions of the plane for
// contours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include <reel/autodiff/core/rng.h>
#include <reel/optim/minimize/history.h>

#include <reel/plot/plot.h>
#include "../lecture.h"

namespace reel::descent {

/// θᵢ of a vector θ, as a scalar.
Var element(const Var& theta, std::size_t i);
/// f at (x, y), for plot::surface_of.
std::function<double(double, double)> on_plane(optim::Objective f);

/// The path of a search in the plane: θ₂ against θ₁.
plot::Series path(std::string name, const optim::History& history,
                  plot::Style style = plot::Style::line_and_dots);
/// Values minus `lowest`, against the number of the tracked point; the start has number 0.
plot::Series losses(std::string name, const optim::History& history, double lowest = 0,
                    plot::Style style = plot::Style::line);
/// y over [low, high].
plot::Series curve(std::string name, const std::function<double(double)>& y, double low,
                   double high, std::size_t points = 201, plot::Style style = plot::Style::line);

/// The largest |aᵢ − bᵢ|; infinite if the shapes differ, NaN if an element is NaN.
double largest_difference(const Tensor& a, const Tensor& b);

/// The seed of a lecture's k-th draw, k < 1,000: k itself for the program's seed 1. No two seeds of
/// the program share one.
std::uint64_t seed_of(const Settings& settings, std::uint64_t k);
/// Standard normal numbers.
Tensor normals(const Shape& shape, Rng& rng);

/// The middle one of an odd number of values.
double median(std::vector<double> values);

/// A number with at most `digits` significant digits: "0.25", "1e-05".
std::string text(double value, int digits = 6);

}  // namespace reel::descent
