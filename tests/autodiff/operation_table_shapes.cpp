// The rows of the operations that change a shape.
#include <numeric>

#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

std::vector<Shapes> every_class() { return single({{}, {0}, {1}, {4}, {2, 3}, {2, 3, 2}, {0, 3}}); }

// The same values in another shape.
Plain in_shape(const Index& shape, const Plain& x) { return {shape, x.values}; }
Reference in_shape(const Index& shape) {
  return [shape](const Plains& x) { return in_shape(shape, x[0]); };
}

Operation reshape_operation() {
  const auto to = [](const Shape& shape) {
    return [shape](Vars x) { return reshape(x[0], shape); };
  };
  const auto to_column = [](Vars x) {
    const Shape column{x[0].value().size(), 1};
    return reshape(x[0], column);
  };
  return Operation{"reshape", Kind::shape}
      .accepts(
          "to a column", to_column,
          [](const Plains& x) {
            return in_shape(Index{x[0].values.size(), 1}, x[0]);
          },
          every_class())
      .in_pytorch("reshape(x, (x.numel(), 1))")
      .accepts("to (3,2)", to({3, 2}), in_shape({3, 2}), single({{6}, {2, 3}, {1, 3, 2}}))
      .in_pytorch("reshape(x, (3, 2))")
      .accepts("to (2,3,2)", to({2, 3, 2}), in_shape({2, 3, 2}), single({{12}}))
      .in_pytorch("reshape(x, (2, 3, 2))")
      .accepts("to ()", to({}), in_shape({}), single({{}, {1}, {1, 1}}))
      .in_pytorch("reshape(x, ())")
      .accepts("to (4,0)", to({4, 0}), in_shape({4, 0}), single({{0}, {0, 3}}))
      .in_pytorch("reshape(x, (4, 0))")
      .refuses(to({4}), single({{2, 3}}), "(2,3) has 6 elements, (4) takes 4");
}

// y[i…] = x[j…] with j[order[k]] = i[k]
Reference permuted(const Index& order) {
  return [order](const Plains& x) {
    Index shape;
    for (const std::size_t axis : order) shape.push_back(x[0].shape[axis]);
    return plain(shape, [&](const Index& i) {
      Index j(order.size());
      for (std::size_t k = 0; k < order.size(); ++k) j[order[k]] = i[k];
      return x[0].at(j);
    });
  };
}

Plain reversed(const Plains& x) {
  Index order;
  for (std::size_t k = x[0].shape.size(); k-- > 0;) order.push_back(k);
  return permuted(order)(x);
}

Operation transpose_operation() {
  const auto ordered = [](const Shape& order) {
    return [order](Vars x) { return transpose(x[0], order); };
  };
  return Operation{"transpose", Kind::shape}
      .accepts(
          "", [](Vars x) { return transpose(x[0]); }, reversed, every_class())
      .accepts(
          "large", [](Vars x) { return transpose(x[0]); }, reversed, single({{19, 3}, {3, 19}}), 1)
      .accepts("in order 2 0 1", ordered({2, 0, 1}), permuted({2, 0, 1}),
               single({{2, 3, 4}, {2, 0, 3}}))
      .in_pytorch("permute(x, (2, 0, 1))")
      .accepts("in order 0", ordered({0}), permuted({0}), single({{3}}))
      .in_pytorch("permute(x, (0,))")
      .refuses(ordered({0, 0}), single({{2, 3}}), "the order (0,0) is no permutation")
      .refuses(ordered({1, 2}), single({{2, 3}}), "the order (1,2) is no permutation")
      .refuses(ordered({0}), single({{2, 3}}), "the order (0) is no permutation");
}

Operation broadcast_to_operation() {
  const auto to = [](const Shape& shape) {
    return [shape](Vars x) { return broadcast_to(x[0], shape); };
  };
  const auto repeated = [](const Index& shape) -> Reference {
    return [shape](const Plains& x) {
      return plain(shape, [&](const Index& i) { return x[0].at(i); });
    };
  };
  return Operation{"broadcast_to", Kind::shape}
      .accepts("to (2,2,3) of", to({2, 2, 3}), repeated({2, 2, 3}),
               single({{}, {1}, {3}, {2, 3}, {2, 1}, {2, 1, 1}, {2, 2, 3}}))
      .in_pytorch("broadcast_to(x, (2, 2, 3))")
      .accepts("to (2,0) of", to({2, 0}), repeated({2, 0}), single({{}, {0}, {1}, {2, 1}, {2, 0}}))
      .in_pytorch("broadcast_to(x, (2, 0))")
      .accepts("to () of", to({}), repeated({}), single({{}}))
      .in_pytorch("broadcast_to(x, ())")
      .refuses(to({2, 3}), single({{2}, {0}, {3, 3}}), "shapes (")
      .refuses(to({2, 3}), single({{1, 2, 3}}), "(1,2,3) does not broadcast to (2,3)");
}

Operation sum_to_operation() {
  const auto to = [](const Shape& shape) {
    return [shape](Vars x) { return sum_to(x[0], shape); };
  };
  const auto summed = [](const Index& shape) -> Reference {
    return [shape](const Plains& x) {
      return grouped(x[0], shape,
                     [](const Lane& v) { return std::accumulate(v.begin(), v.end(), Exact(0)); });
    };
  };
  return Operation{"sum_to", Kind::shape}
      .accepts("() of", to({}), summed({}), every_class())
      .in_pytorch("x.sum()")
      .accepts("(3) of", to({3}), summed({3}), single({{2, 3}}))
      .in_pytorch("x.sum_to_size((3,))")
      .accepts("(3,1) of", to({3, 1}), summed({3, 1}),
               single({{3, 1}, {3, 2}, {2, 3, 2}, {3, 0}, {0, 3, 1}}))
      .in_pytorch("x.sum_to_size((3, 1))")
      .refuses(to({2}), single({{}}), "() is not (2) broadcast")
      .refuses(to({2}), single({{1}}), "(1) is not (2) broadcast")
      .refuses(to({2}), single({{3}, {2, 3}}), "shapes (");
}

Operation squeeze_operation() {
  const auto of = [](const Axes& axes) { return [axes](Vars x) { return squeeze(x[0], axes); }; };
  return Operation{"squeeze", Kind::shape}
      .accepts(
          "", of({}),
          [](const Plains& x) {
            Index shape;
            for (const std::size_t size : x[0].shape)
              if (size != 1) shape.push_back(size);
            return in_shape(shape, x[0]);
          },
          single({{}, {0}, {1}, {4}, {2, 3}, {1, 3}, {2, 1, 3, 1}, {1, 0}}))
      .accepts("axis 1 of", of(1), in_shape({2, 1}), single({{2, 1, 1}}))
      .in_pytorch("squeeze(x, 1)")
      .accepts("axes -1, 1 of", of({-1, 1}), in_shape({2}), single({{2, 1, 1}}))
      .in_pytorch("x.squeeze(-1).squeeze(1)")
      .refuses(of(0), single({{}}), "axis 0 is out of range for shape ()")
      .refuses(of(0), single({{2, 1}}), "axis 0 of (2,1) has not size 1")
      .refuses(of({0, -2}), single({{1, 1}}), "axis -2 is named twice");
}

Operation expand_dims_operation() {
  const auto at = [](int axis) { return [axis](Vars x) { return expand_dims(x[0], axis); }; };
  return Operation{"expand_dims", Kind::shape}
      .accepts(
          "in front of", at(0),
          [](const Plains& x) {
            Index shape = x[0].shape;
            shape.insert(shape.begin(), 1);
            return in_shape(shape, x[0]);
          },
          every_class())
      .in_pytorch("unsqueeze(x, 0)")
      .accepts("before axis 1 of", at(1), in_shape({2, 1, 3}), single({{2, 3}}))
      .in_pytorch("unsqueeze(x, 1)")
      .accepts("before the last of", at(-2), in_shape({2, 1, 3}), single({{2, 3}}))
      .in_pytorch("unsqueeze(x, -2)")
      .accepts("behind", at(-1), in_shape({2, 3, 1}), single({{2, 3}}))
      .in_pytorch("unsqueeze(x, -1)")
      .accepts("before axis 2 of", at(2), in_shape({2, 3, 1}), single({{2, 3}}))
      .in_pytorch("unsqueeze(x, 2)")
      .refuses(at(3), single({{2, 3}}), "position 3 is out of range for shape (2,3)")
      .refuses(at(-2), single({{}}), "position -2 is out of range for shape ()");
}

}  // namespace

std::vector<Operation> shape_operations() {
  return {
      reshape_operation(),
      transpose_operation(),
      broadcast_to_operation(),
      sum_to_operation(),
      Operation{"flatten", Kind::shape}.accepts(
          "", [](Vars x) { return flatten(x[0]); },
          [](const Plains& x) { return in_shape(Index{x[0].values.size()}, x[0]); }, every_class()),
      squeeze_operation(),
      expand_dims_operation()};
}

}  // namespace reel::inline REEL_PRECISION
