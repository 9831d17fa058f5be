// The table of operations: what each is called with in the tests of values and derivatives.
#pragma once

#include <string>
#include <vector>

#include <reel/autodiff/check.h>

namespace reel::inline REEL_PRECISION {

/// One way to call an operation: at least one row for each name that is ever recorded.
struct OperationCase {
  std::string operation;  ///< as recorded
  std::string what;       ///< how this case differs from the others
  CheckedFunction f;
  std::vector<Tensor> inputs;
};

const std::vector<OperationCase>& operation_table();

}  // namespace reel::inline REEL_PRECISION
