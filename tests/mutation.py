"""Plants errors in the sources, one at a time, and runs the tests that should detect them: for mutants.py and
lecture_mutants.py.

The command line is [BUILD_FOLDER] [NUMBER ...]: where the tests are built, by default build/separate, and which
mutants to try, by default all. For each mutant, the changed source is compiled in a separate folder and linked in
place of the correct one; the mutant is caught if its tests fail. One line is printed for each mutant; the exit code is 1
if one survives.
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
# the build's folders of the objects in double
DOUBLE = ("reel_f64_training.dir", "reel_f64.dir", "reel-lectures.dir")
LONGEST = 600  # seconds; tests that run for longer count as failed


@dataclass
class Mutant:
    label: str
    path: str
    right: str  # the first occurrence is replaced by `wrong`
    wrong: str
    tests: list  # each the arguments of one run of the test program; the quick ones first


class Build:
    def __init__(self, folder, program):
        self.folder = folder
        if not list(folder.glob("tests/" + program)) or list(folder.glob("CMakeFiles/*/Unity")):
            raise SystemExit(
                f"{folder} does not have {program} with each source compiled by itself: "
                "cmake --preset separate && cmake --build build/separate"
            )
        self.commands = {
            str(pathlib.Path(c["file"]).relative_to(ROOT)): c["command"]
            for c in json.loads((folder / "compile_commands.json").read_text())
            if any(name in c["command"] for name in DOUBLE) and c["file"].startswith(str(ROOT))
        }
        ninja = (folder / "build.ninja").read_text()
        link = ninja[ninja.index(f"build tests/{program}:"):]
        self.objects = [word for word in link.split("\n")[0].split() if word.endswith(".o")]
        self.libraries = shlex.split(link[link.index("LINK_LIBRARIES = "):].split("\n")[0].split("=", 1)[1])

    def sources_of(self, path):
        """The source itself, or for a header those of its part, such as check.cpp and check/*.cpp."""
        part = str(pathlib.Path(path).parent)
        return [path] if path in self.commands else [s for s in self.commands if s.startswith(part)]

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


def fails(build, objects, tests):
    """Whether the tests fail with these objects in place of the correct ones."""
    with tempfile.TemporaryDirectory() as folder:
        program = pathlib.Path(folder) / "tests"
        build.link(objects, program)
        return any(not passes(program, arguments) for arguments in tests)


def passes(program, arguments):
    try:
        run = subprocess.run([str(program), "--abort-after=1", *arguments], capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return False
    return run.returncode == 0


def caught(build, mutant):
    """Whether the mutant's tests fail with its error."""
    text = (ROOT / mutant.path).read_text()
    if mutant.right not in text:
        raise SystemExit(f"{mutant.path}: the text of a mutant is gone: {mutant.right}")
    with tempfile.TemporaryDirectory() as folder:
        include = pathlib.Path(folder)
        tree = include / "reel"
        tree.mkdir()
        changed = pathlib.Path(mutant.path).parts[0]
        for part in (build.folder / "include/reel").iterdir():  # links to the folders of the sources
            if part.name != changed:
                (tree / part.name).symlink_to(part.resolve())
        subprocess.run(["cp", "-r", str(ROOT / changed), str(tree)], check=True)
        (tree / mutant.path).write_text(text.replace(mutant.right, mutant.wrong, 1))
        objects = []
        for source in build.sources_of(mutant.path):
            objects.append(include / source.replace("/", "_").replace(".cpp", ".o"))
            build.compile(source, include, objects[-1])
        return fails(build, objects, mutant.tests)


def check(program, mutants):
    """Tries the mutants that the command line asks for, in the tests of `program`."""
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/separate").resolve()
    wanted = {int(n) for n in sys.argv[2:]} or set(range(1, len(mutants) + 1))
    build = Build(folder, program)
    tried = []
    for tests in (mutants[n - 1].tests for n in wanted):
        if tests not in tried and fails(build, [], tests):
            raise SystemExit(f"tests of {program} fail without any mutant: {tests}")
        tried.append(tests)
    survivors = 0
    for number in sorted(wanted):
        mutant = mutants[number - 1]
        found = caught(build, mutant)
        survivors += not found
        print(f"{number:3} {mutant.label} {'caught' if found else 'SURVIVED'}", flush=True)
    print(f"{survivors} survived")
    sys.exit(1 if survivors else 0)
