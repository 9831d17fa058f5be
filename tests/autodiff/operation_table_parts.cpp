// The rows of the operations that join and pick along an axis.
#include <string>

#include <reel/autodiff/core/error.h>
#include <reel/autodiff/ops/ops.h>

#include "operation_table.h"

namespace reel::inline REEL_PRECISION {
namespace {

// ---- joining

// The parts one after the other along an axis.
Plain concatenated(const Plains& parts, std::size_t axis) {
  Index shape = parts[0].shape;
  for (std::size_t p = 1; p < parts.size(); ++p) shape[axis] += parts[p].shape[axis];
  return plain(shape, [&](Index i) {
    std::size_t p = 0;
    while (i[axis] >= parts[p].shape[axis]) i[axis] -= parts[p++].shape[axis];
    return parts[p].at(i);
  });
}

Operation concatenate_operation() {
  const auto along = [](int axis) { return [axis](Vars x) { return concatenate(x, axis); }; };
  return Operation{"concatenate", Kind::part}
      .accepts("axis 0", along(0), [](const Plains& x) { return concatenated(x, 0); },
               {{{2}},
                {{0}, {2}},
                {{1}, {1}},
                {{2}, {3}, {1}},
                {{2, 3}, {1, 3}},
                {{2, 3}, {0, 3}, {1, 3}},
                {{0, 3}, {0, 3}}})
      .in_pytorch("cat(inputs)")
      .accepts("axis -1", along(-1), [](const Plains& x) { return concatenated(x, 1); },
               {{{2, 3}, {2, 1}}, {{2, 0}, {2, 2}}, {{0, 1}, {0, 2}}})
      .in_pytorch("cat(inputs, -1)")
      .accepts("axis 1", along(1), [](const Plains& x) { return concatenated(x, 1); },
               {{{2, 1, 3}, {2, 2, 3}}})
      .in_pytorch("cat(inputs, 1)")
      .accepts("axis 2", along(2), [](const Plains& x) { return concatenated(x, 2); },
               {{{2, 2, 3}, {2, 2, 1}, {2, 2, 2}}})
      .in_pytorch("cat(inputs, 2)")
      .accepts(
          "a value with itself",
          [](Vars x) {
            return concatenate({x[0], x[1], x[0]});
          },
          [](const Plains& x) {
            return concatenated({x[0], x[1], x[0]}, 0);
          },
          {{{2}, {1}}})
      .in_pytorch("cat([x, y, x])")
      .refuses(along(0), {{}}, "there is nothing to join")
      .refuses(along(0), {{{}, {}}}, "axis 0 is out of range for shape ()")
      .refuses(along(0), {{{2, 3}, {2, 2}}}, "(2,3) and (2,2) differ in an axis other than 0")
      .refuses(along(0), {{{2}, {2, 2}}}, "(2) and (2,2) differ in an axis other than 0");
}

Operation stack_operation() {
  const auto along = [](int axis) { return [axis](Vars x) { return stack(x, axis); }; };
  const auto stacked = [](std::size_t axis) -> Reference {
    return [axis](Plains x) {
      for (Plain& part : x)
        part.shape.insert(part.shape.begin() + static_cast<std::ptrdiff_t>(axis), 1);
      return concatenated(x, axis);
    };
  };
  return Operation{"stack", Kind::part}
      .accepts("in front", along(0), stacked(0),
               {{{}, {}}, {{0}, {0}}, {{1}}, {{3}, {3}}, {{2, 3}, {2, 3}, {2, 3}}})
      .in_pytorch("stack(inputs)")
      .accepts("behind", along(-1), stacked(2), {{{2, 3}, {2, 3}}})
      .in_pytorch("stack(inputs, -1)")
      .accepts("between", along(1), stacked(1), {{{2, 3}, {2, 3}}, {{2, 3}, {2, 3}, {2, 3}}})
      .in_pytorch("stack(inputs, 1)")
      .accepts(
          "a value with itself",
          [](Vars x) {
            return stack({x[0], x[0]});
          },
          [stacked](const Plains& x) {
            return stacked(0)({x[0], x[0]});
          },
          {{{3}}})
      .in_pytorch("stack([x, x])")
      .refuses(along(0), {{{2}, {3}}}, "(2) and (3) differ in shape")
      .refuses(along(0), {{}}, "there is nothing")
      .refuses(along(2), {{{2}, {2}}}, "position 2 is out of range for shape (2)");
}

// ---- picking

// An operation along an axis, and what it makes of one lane.
struct Pick {
  int axis;
  CheckedFunction f;
  std::string in_pytorch;
  std::function<Lane(const Lane&)> of_lane;

  Reference reference() const {
    return
        [axis = axis, of_lane = of_lane](const Plains& x) { return mapped(x[0], axis, of_lane); };
  }
};

Pick sliced(int axis, std::size_t begin, std::size_t end, std::size_t step = 1) {
  return {axis, [=](Vars x) { return slice(x[0], axis, begin, end, step); },
          concat("index_select(x, ", axis, ", arange(", begin, ", ", end, ", ", step, "))"),
          [=](const Lane& lane) {
            Lane y;
            for (std::size_t i = begin; i < end; i += step) y.push_back(lane[i]);
            return y;
          }};
}

Pick embedded(int axis, std::size_t size, std::size_t begin, std::size_t step = 1) {
  return {axis, [=](Vars x) { return embed(x[0], axis, size, begin, step); },
          concat("embed(x, ", axis, ", ", size, ", ", begin, ", ", step, ")"),
          [=](const Lane& lane) {
            Lane y(size, 0);
            for (std::size_t i = 0; i < lane.size(); ++i) y[begin + i * step] = lane[i];
            return y;
          }};
}

Pick taken(int axis, const Index& indices) {
  return {axis, [=](Vars x) { return take(x[0], indices, axis); },
          concat("index_select(x, ", axis, ", tensor(", in_python(indices), ", dtype=int64))"),
          [=](const Lane& lane) {
            Lane y;
            for (const std::size_t i : indices) y.push_back(lane[i]);
            return y;
          }};
}

Pick scattered(int axis, const Index& indices, std::size_t size) {
  return {axis, [=](Vars x) { return scatter_add(x[0], indices, size, axis); },
          concat("scatter_add(x, ", in_python(indices), ", ", size, ", ", axis, ")"),
          [=](const Lane& lane) {
            Lane y(size, 0);
            for (std::size_t i = 0; i < lane.size(); ++i) y[indices[i]] += lane[i];
            return y;
          }};
}

Pick repeated(int axis, std::size_t count) {
  return {axis, [=](Vars x) { return repeat(x[0], count, axis); },
          concat("repeat_interleave(x, ", count, ", ", axis, ")"),
          [=](const Lane& lane) {
            Lane y;
            for (const Exact v : lane) y.insert(y.end(), count, v);
            return y;
          }};
}

// The shapes that it accepts; with an error, those that it refuses.
struct PickCall {
  Pick pick;
  std::vector<Shape> shapes;
  std::string error = {};
};

Operation picking(const char* name, const std::vector<PickCall>& calls) {
  Operation row{name, Kind::part};
  for (const auto& [pick, shapes, error] : calls)
    if (error.empty())
      row.accepts(pick.in_pytorch + " of", pick.f, pick.reference(), single(shapes))
          .in_pytorch(pick.in_pytorch);
    else
      row.refuses(pick.f, single(shapes), error);
  return row;
}

}  // namespace

std::vector<Operation> part_operations() {
  const std::string no_axis = "axis 0 is out of range for shape ()";
  return {
      concatenate_operation(),
      stack_operation(),
      picking("slice", {{sliced(0, 0, 1), {{1}, {5}, {2, 3}, {1, 0}}},
                        {sliced(0, 1, 4), {{5}, {4, 3}, {4, 2, 3}}},
                        {sliced(-1, 1, 6, 2), {{6}, {2, 6}, {0, 7}}},
                        {sliced(1, 0, 4, 3), {{2, 4, 3}}},
                        {sliced(0, 0, 0), {{0}, {3}, {2, 3}}},
                        {sliced(0, 0, 3), {{3, 2}}},
                        {sliced(0, 0, 1), {{}}, no_axis},
                        {sliced(0, 1, 4), {{3}}, "1 … 4 is no part of axis 0 of (3)"},
                        {sliced(0, 2, 1), {{3}}, "2 … 1 is no part of axis 0 of (3)"},
                        {sliced(0, 0, 2, 0), {{3}}, "the step is 0, expected at least 1"}}),
      picking("embed",
              {{embedded(0, 4, 1), {{0}, {1}, {3}, {2, 3}, {2, 0}}},
               {embedded(-1, 7, 1, 2), {{3}, {2, 3}, {0, 2}}},
               {embedded(1, 6, 0, 3), {{2, 2, 3}}},
               {embedded(0, 1, 0), {{}}, no_axis},
               {embedded(0, 3, 1), {{3}}, "3 elements from 1 on in steps of 1 don't fit into 3"},
               {embedded(0, 3, 0, 0), {{2}}, "the step is 0, expected at least 1"}}),
      picking("take", {{taken(0, {0, 0}), {{1}, {3}, {2, 3}, {1, 0}}},
                       {taken(-1, {2, 0, 2, 1}), {{3}, {2, 3}, {0, 3}}},
                       {taken(0, {2, 0, 3}), {{4, 3}}},
                       {taken(1, {1, 1}), {{2, 2, 3}}},
                       {taken(0, {}), {{0}, {3}}},
                       {taken(0, {0}), {{}}, no_axis},
                       {taken(0, {0, 3}), {{3}}, "index 3 is not below"}}),
      picking("scatter_add", {{scattered(0, {2}, 4), {{1}, {1, 3}}},
                              {scattered(0, {2, 0, 2}, 4), {{3}, {3, 2}, {3, 0}}},
                              {scattered(-1, {1, 1}, 2), {{2}, {3, 2}, {0, 2}}},
                              {scattered(1, {0, 1}, 3), {{2, 2, 3}}},
                              {scattered(0, {}, 2), {{0}, {0, 3}}},
                              {scattered(0, {0}, 2), {{}}, no_axis},
                              {scattered(0, {0, 3}, 3), {{2}}, "index 3 is not below"},
                              {scattered(0, {0, 1}, 3), {{3}}, "2 indices for axis 0 of (3)"}}),
      picking("repeat", {{repeated(0, 3), {{0}, {1}, {3}, {2, 3}, {0, 3}}},
                         {repeated(-1, 2), {{2, 3}, {2, 0}}},
                         {repeated(1, 2), {{2, 3, 2}}},
                         {repeated(0, 1), {{3}}},
                         {repeated(0, 0), {{3}}},
                         {repeated(0, 2), {{}}, no_axis}})};
}

}  // namespace reel::inline REEL_PRECISION
