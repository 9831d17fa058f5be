# find_package(reel): reel::f32 (also reel::reel) in single precision, reel::f64 in double.
include(CMakeFindDependencyMacro)
find_dependency(xtensor)
find_dependency(xsimd)
find_dependency(ZLIB)
find_dependency(Threads)
find_dependency(BLAS)
include(${CMAKE_CURRENT_LIST_DIR}/reel-targets.cmake)
add_library(reel::reel ALIAS reel::f32)
