"""Plants one error at a time in the derivatives, and checks that the tests detect each.

    python3 tests/mutants.py [BUILD_FOLDER] [NUMBER ...]

BUILD_FOLDER is where the tests are built, by default build/release. For each mutant, the script compiles the
changed source in a separate folder, links it in place of the correct one, and runs the tests of the
operations. A mutant is caught if they fail. Prints one line for each mutant, and fails if one survives. A
mutant takes about ten seconds.
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
OPS = "autodiff/ops/"

# operation, kind of error, file, correct text, wrong text
MUTANTS = [
    ("exp", "factor 1.0005", OPS + "elementary.cpp", "d.add(0, g * y); });",
     "d.add(0, Real(1.0005) * g * y); });"),
    ("tanh", "factor 1.0005", OPS + "trigonometric.cpp", "d.add(0, g * (Real(1) - y * y)); });",
     "d.add(0, Real(1.0005) * g * (Real(1) - y * y)); });"),
    ("cos", "flipped sign", OPS + "trigonometric.cpp", "d.add(0, -g * sin(in[0])); });",
     "d.add(0, g * sin(in[0])); });"),
    ("atanh", "sign inside", OPS + "trigonometric.cpp",
     "g / ((Real(1) - in[0]) * (Real(1) + in[0]))", "g / ((Real(1) + in[0]) * (Real(1) + in[0]))"),
    ("log10", "wrong constant", OPS + "elementary.cpp", "g / (in[0] * ln10_v<Real>)",
     "g / (in[0] * ln2_v<Real>)"),
    ("cbrt", "wrong power", OPS + "elementary.cpp", "g / (Real(3) * y * y)", "g / (Real(3) * y)"),
    ("subtract", "flipped sign", OPS + "arithmetic.cpp", "d.add(1, -g);", "d.add(1, g);"),
    ("divide", "swapped operands", OPS + "arithmetic.cpp", "d.add(1, -g * y / in[1]);",
     "d.add(1, -g * y / in[0]);"),
    ("hypot", "missing factor", OPS + "arithmetic.cpp", "d.add(1, g * (Real(1) - is_zero(y)) * in[1] / (y + is_zero(y)));",
     "d.add(1, (Real(1) - is_zero(y)) * in[1] / (y + is_zero(y)));"),
    ("minimum", "swapped sides", OPS + "selection.cpp", "d.add(0, masked(weight_of_first(in[1] - in[0]), g));",
     "d.add(0, masked(weight_of_first(in[0] - in[1]), g));"),
    ("clip", "gradient beyond the bounds", OPS + "selection.cpp", "masked(is_equal(in[0], y), g)", "g"),
    ("where", "both sides alike", OPS + "selection.cpp",
     "d.add(1, masked(Real(1) - d.constant(chosen), g));",
     "d.add(1, masked(d.constant(chosen), g));"),
    ("softplus", "derivative too long by 0.1 %", OPS + "activation.cpp", "-g * expm1(-y)",
     "-g * expm1(Real(-1.001) * y)"),
    ("leaky_relu", "slope forgotten", OPS + "activation.cpp",
     "g * (slope + (Real(1) - slope) * is_positive(in[0]))", "g * is_positive(in[0])"),
    ("softmax", "sum over the batch", OPS + "activation.cpp",
     "const auto total = reel::sum(g * y, axis, true);",
     "const auto total = reel::sum(g * y, Axes(), true);"),
    ("batch_norm", "mean forgotten", OPS + "normalization.cpp",
     "(g - (by_bias + standard * by_weight) / n)", "(g - standard * by_weight / n)"),
    ("layer_norm", "mean forgotten", OPS + "normalization.cpp",
     "(h - (sum + standard * along) / n)", "(h - standard * along / n)"),
    ("layer_norm", "other axis", OPS + "normalization.cpp",
     "const auto along = reel::sum(h * standard, -1, true);",
     "const auto along = reel::sum(h * standard, 0, true);"),
    ("mean", "factor forgotten", OPS + "reduction.cpp", "reel::reshape(weight * g, kept)",
     "reel::reshape(g, kept)"),
    ("max", "ties not shared", OPS + "reduction.cpp", "return hit / reel::sum(hit, axes, true);",
     "return SharedTensor(hit);"),
    ("norm", "squared", OPS + "reduction.cpp", "(y_kept + is_zero(y_kept))",
     "(y_kept * y_kept + is_zero(y_kept))"),
    ("cumulative_sum", "from the same end", OPS + "reduction.cpp",
     "reel::cumulative_sum(g, axis, !reverse)", "reel::cumulative_sum(g, axis, reverse)"),
    ("concatenate", "pieces off by one", OPS + "slices.cpp",
     "reel::slice(g, axis, i == 0 ? 0 : ends[i - 1], ends[i])",
     "reel::slice(g, axis, 0, ends[i] - (i == 0 ? 0 : ends[i - 1]))"),
    ("take", "= instead of +=", "autodiff/tensor/slices.cpp", "to[j] += from[j];", "to[j] = from[j];"),
    ("matmul", "missing transpose", OPS + "product.cpp", "d.add_matmul(0, g, false, in[1], !tb);",
     "d.add_matmul(0, g, false, in[1], tb);"),
    ("add", "= instead of += for a value used twice", "autodiff/engine/rule.cpp",
     "detail::add(sum.mutate(), e);", "detail::assign(sum.mutate(), e);"),
    ("multiply", "missing broadcast sum", "autodiff/tensor/reductions.cpp",
     "return reshape(fold_axes<Sum>(x, stretched), shape);",
     "return reshape(fold_axes<Max>(x, stretched), shape);"),
    ("softmax_cross_entropy", "recorded gradient not scaled", OPS + "loss.cpp",
     "return weight * (reel::softmax(in[0]) - one_hot(labels, classes));",
     "return reel::softmax(in[0]) - one_hot(labels, classes);"),
    ("inverse", "missing transpose", OPS + "linear_algebra.cpp",
     "reel::matmul(reel::matmul(y, true, g, false), false, y, true)",
     "reel::matmul(reel::matmul(y, true, g, false), false, y, false)"),
    ("cholesky", "not symmetric", OPS + "linear_algebra.cpp",
     "Real(0.5) * (s + reel::transpose(s))", "Real(0.5) * (s + s)"),
]


class Build:
    def __init__(self, folder):
        self.folder = folder
        commands = json.loads((folder / "compile_commands.json").read_text())
        self.commands = {
            str(pathlib.Path(c["file"]).relative_to(ROOT)): c["command"]
            for c in commands
            if "reel_f64_training.dir" in c["command"] and str(c["file"]).startswith(str(ROOT / "autodiff"))
        }
        ninja = (folder / "build.ninja").read_text()
        link = ninja[ninja.index("build tests/reel-tests-f64:"):]
        self.objects = [word for word in link.split("\n")[0].split() if word.endswith(".o")]
        self.libraries = shlex.split(link[link.index("LINK_LIBRARIES = "):].split("\n")[0].split("=", 1)[1])

    def compile(self, source, include, target):
        words = shlex.split(self.commands[source])
        original = str(ROOT / source)
        mutated = include / "reel" / source
        words[words.index("-o") + 1] = str(target)
        words = [str(mutated) if w == original else w for w in words]
        words = [w.replace(str(self.folder / "include"), str(include)) for w in words]
        words = drop_precompiled_header(words) + ["-w"]
        subprocess.run(words, check=True, cwd=self.folder)

    def link(self, objects, target):
        words = ["c++", "-o", str(target), *map(str, objects), *self.objects, *self.libraries]
        subprocess.run(words, check=True, cwd=self.folder)


def drop_precompiled_header(words):
    kept = []
    for word in words:
        if word == "-include":
            continue
        if word.endswith("cmake_pch.hxx") or word == "-Winvalid-pch":
            continue
        kept.append(word)
    return kept


def fails(build, objects):
    """Whether the tests of the operations fail with these objects in place of the correct ones."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "tests"
        build.link(objects, program)
        run = subprocess.run([str(program), "--source-file=*/operations_test.cpp,*/linear_algebra_test.cpp"], capture_output=True)
        return run.returncode != 0


def mutate(build, mutant):
    """Whether the tests of the operations fail with this error."""
    operation, kind, path, right, wrong = mutant
    text = (ROOT / path).read_text()
    if text.count(right) < 1:
        raise SystemExit(f"{path}: the text of the mutant in {operation} is gone: {right}")
    with tempfile.TemporaryDirectory() as folder:
        include = pathlib.Path(folder)
        tree = include / "reel"
        tree.mkdir()
        subprocess.run(["cp", "-r", str(ROOT / "autodiff"), str(tree)], check=True)
        (tree / path).write_text(text.replace(right, wrong, 1))
        mutated = include / "mutant.o"
        build.compile(path, include, mutated)
        return fails(build, [mutated])


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve()
    wanted = {int(n) for n in sys.argv[2:]}
    build = Build(folder)
    if fails(build, []):
        raise SystemExit("the tests fail without any mutant")
    survivors = 0
    for number, mutant in enumerate(MUTANTS, 1):
        if wanted and number not in wanted:
            continue
        caught = mutate(build, mutant)
        survivors += not caught
        print(f"{number:3} {mutant[0]:24} {mutant[1]:42} {'caught' if caught else 'SURVIVED'}", flush=True)
    print(f"{survivors} survived")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
