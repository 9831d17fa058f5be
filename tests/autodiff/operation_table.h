// The registry of operations: how each is called in the tests, and what must come out.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <reel/autodiff/engine/tape.h>
#include <reel/autodiff/inspect/check.h>

namespace reel::inline REEL_PRECISION {

// ---- references: plain loops over plain numbers, which share no code with what they check

using Exact = long double;
using Index = std::vector<std::size_t>;

/// A tensor as sizes and numbers.
struct Plain {
  Index shape;
  std::vector<Exact> values;

  /// The element at an index, which may be that of a shape that this one broadcasts to.
  const Exact& at(const Index& index) const;
};

using Plains = std::vector<Plain>;

Plain plain(Exact number);
Plain plain(const Tensor& tensor);
/// The tensor of this shape with f(index) at each index.
Plain plain(const Index& shape, const std::function<Exact(const Index&)>& f);

using Lane = std::vector<Exact>;
/// Each lane along an axis replaced by f(lane), which may be of another size.
Plain mapped(const Plain& x, int axis, const std::function<Lane(const Lane&)>& f);
/// For each element of a tensor of `shape`, f of the elements of x that it would be repeated to if
/// it were broadcast to x's shape.
Plain grouped(const Plain& x, const Index& shape, const std::function<Exact(const Lane&)>& f);
/// f of the elements that a reduction over `axes` puts together; no axes are all axes.
Plain folded(const Plain& x, const std::vector<int>& axes, bool keep_dims,
             const std::function<Exact(const Lane&)>& f);

/// The shape that two broadcast to.
Index broadcast(Index a, Index b);

/// An operation's value, computed from its inputs.
using Reference = std::function<Plain(const Plains&)>;
/// f of each element, or of each two elements that broadcasting pairs.
Reference elementwise(Exact (*f)(Exact));
Reference elementwise(Exact (*f)(Exact, Exact));

// ---- inputs

/// Makes the value of an operation's input number `input`.
using Domain = std::function<Tensor(const Shape&, std::size_t input)>;

/// Values between two multiples of 0.1. They keep 0.02 apart from each other (the first
/// 10·(high − low) of them), from those of other inputs, and from the multiples of ½, where all
/// kinks are.
Domain between(double low, double high);
/// The same, with the sign of every other value changed.
Domain signed_between(double low, double high);

// ---- what a call is in PyTorch

/// As a tuple; as a tensor of these numbers.
std::string in_python(const Index& sizes);
std::string in_python(const Tensor& tensor);

// ---- the registry

enum class Kind { unary, binary, reduction, axis, shape, part, matrix, loss, engine };

/// One call of an operation, with references for its value; if it is refused, with the error.
struct OperationCase {
  std::string operation;  ///< the name of its row
  std::string what;       ///< how it differs from the other calls
  CheckedFunction f;
  std::vector<Tensor> inputs;
  Reference reference = {};
  std::string error = {};  ///< what the message begins with, after the operation's name
  int order = 2;           ///< up to which its derivatives are compared with others
  /// The same call in PyTorch; see Operation::in_pytorch.
  std::string in_pytorch = {};
  /// The golden test allows a difference of atol + 1e-12·|x| from PyTorch's number x. The numbers
  /// of accepted calls are of order 1; one that is the difference of two others keeps their
  /// rounding.
  double atol = 1e-15;
};

/// The order of a call that is at a kink, or whose second derivative has no digits left.
inline constexpr int once = 1;

/// A call's inputs as variables of a tape.
std::vector<Var> variables(Tape& tape, const std::vector<Tensor>& values);

using Vars = std::span<const Var>;
using Shapes = std::vector<Shape>;  ///< of the inputs of one call
/// Calls with one input.
std::vector<Shapes> single(const std::vector<Shape>& shapes);

/// A row: an operation of ops.h, or one that only the engine records.
///
/// Each `accepts` says what f computes, as a plain loop and in PyTorch, for the calls that it makes
/// and for the points that follow it.
struct Operation {
  std::string name;
  Kind kind;
  Domain domain = between(-2, 2);
  std::vector<OperationCase> accepted = {}, refused = {};
  std::vector<OperationCase> points = {};  ///< where numerical derivatives would be of no use
  OperationCase next = {};                 ///< what the calls of the last `accepts` have in common
  std::size_t begin = 0;                   ///< of these calls among the accepted

  /// The domain of the calls that follow.
  Operation& over(Domain its_domain);
  /// A call for each list of shapes; `order` as in OperationCase.
  Operation& accepts(const std::string& what, const CheckedFunction& f, const Reference& reference,
                     const std::vector<Shapes>& shapes, int order = 2);
  /// The last `accepts` in PyTorch: an expression in Python of the inputs x, y, z, or of
  /// the list `inputs` of them. A function in it is that of tests/golden/operations.py, else of
  /// torch, else of torch.nn.functional. Unless said, it is the function of the row's name, of all
  /// inputs. Empty for what PyTorch cannot do.
  Operation& in_pytorch(const std::string& expression);
  /// A call of the last `accepts` with these inputs, where an operation needs care; all digits of
  /// its numbers count unless `atol` says otherwise.
  Operation& at(const std::string& what, const std::vector<Tensor>& inputs, int order = 2,
                double atol = 0);
  Operation& refuses(const CheckedFunction& f, const std::vector<Shapes>& shapes,
                     const std::string& error);
};

std::vector<Operation> joined(const std::vector<std::vector<Operation>>& tables);

std::vector<Operation> elementwise_operations();
std::vector<Operation> reductions();
std::vector<Operation> shape_operations();
std::vector<Operation> part_operations();
std::vector<Operation> matrix_operations();
std::vector<Operation> normalisations();
std::vector<Operation> losses();

/// All rows.
const std::vector<Operation>& operations();
/// The accepted calls of all rows.
const std::vector<OperationCase>& operation_table();
/// The calls of a row that are compared with PyTorch's: those accepted, and the points.
std::vector<OperationCase> golden_calls(const Operation& row);

}  // namespace reel::inline REEL_PRECISION
