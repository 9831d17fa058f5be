// Gradient checks as doctest assertions; for tests only, since it includes doctest.
//
//     CHECK_GRADIENTS([](auto x) { return sum(square(x[0])); }, {vector({1, 2})});
//     REQUIRE_GRADIENTS(f, {a, b}, {.order = 1, .fast = true});
//
// A failure prints the report. A function that returns a report needs no macro:
// `CHECK(nn::check_parameters(model, loss));`.
#pragma once

#include <doctest/doctest.h>

#include <reel/autodiff/inspect/check.h>

/// check_gradients as an assertion: the test goes on after a failure.
#define CHECK_GRADIENTS(...) CHECK(::reel::check_gradients(__VA_ARGS__))
/// The same, but a failure ends the test case.
#define REQUIRE_GRADIENTS(...) REQUIRE(::reel::check_gradients(__VA_ARGS__))
