// The number type of the library that this file is compiled for, and the namespace named after it.
#pragma once

#ifdef __FAST_MATH__
#error "Reel must not be compiled with -ffast-math: it breaks the vectorised exp and tanh."
#endif
#ifndef XTENSOR_USE_XSIMD
#error "Define XTENSOR_USE_XSIMD, or link reel::f32 or reel::f64 with CMake, which does."
#endif
#if defined(REEL_F32) && defined(REEL_F64)
#error \
    "This target links reel::f32 and reel::f64. Put the code of each precision into a library of its own."
#endif

#ifdef REEL_F64
/// The inline namespace of the number type: f32 or f64.
#define REEL_PRECISION f64
#else
#define REEL_PRECISION f32
#endif

namespace reel::inline REEL_PRECISION {

/// float in reel::f32, double in reel::f64. All code that depends on Real is in the inline
/// namespace of that name, so that one program can use both libraries.
#ifdef REEL_F64
using Real = double;
#else
using Real = float;
#endif

}  // namespace reel::inline REEL_PRECISION
