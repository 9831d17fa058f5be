"""Makes state dictionaries of PyTorch, with inputs and outputs, for tests/nn/torch_weights_test.cpp.

How to re-run it
    apt-get install python3-torch
    /usr/bin/python3 tests/golden/make_torch_weights.py           writes the folder torch/
    /usr/bin/python3 tests/golden/make_torch_weights.py --back    the other way: PyTorch loads, with
                                                                  strict=True, what Reel has saved

--back runs the test programs, so build reel-tests-f32 and reel-tests-f64 before; --build names
another folder than build/release.

The files, for each model M and each dtype D
    torch/M.D.safetensors       the state_dict as the package safetensors.torch writes it: sorted by
                                the size of an element and by name, with the metadata format: pt
    torch/M.D.cases.safetensors an input and the output in eval mode, in double, of the weights that
                                the first file holds

The model "tied" shares one weight under two names. Its files have both; tied-one.D.safetensors has
one, as safetensors.torch.save_model drops the others. The models are trained for a few steps, so
that the running statistics and num_batches_tracked are not those of the beginning.
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import tempfile

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent / "torch"
BUILD = FOLDER.parent.parent.parent / "build/release"

DTYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
}
# A tensor of these is written and read as its bytes; NumPy has no bfloat16.
INTEGERS = {torch.float16: torch.int16, torch.bfloat16: torch.int16}

# ---- safetensors: https://huggingface.co/docs/safetensors


def save_file(tensors, path, metadata=None):
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header = {"__metadata__": metadata} if metadata else {}
    blocks, end = [], 0
    for name in order:
        tensor = tensors[name].detach().contiguous()
        block = tensor.view(INTEGERS.get(tensor.dtype, tensor.dtype)).numpy().tobytes()
        header[name] = {
            "dtype": DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + len(block)],
        }
        blocks.append(block)
        end += len(block)
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def load_file(path):
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    dtypes = {name: dtype for dtype, name in DTYPES.items()}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        dtype = dtypes[entry["dtype"]]
        assert begin % torch.empty((), dtype=dtype).element_size() == 0, f"{name} is not aligned"
        flat = torch.frombuffer(bytearray(content[8 + length + begin : 8 + length + end]), dtype=dtype)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


# ---- the models, which torch_weights_test.cpp has too


class Named(nn.Module):
    """Names of its own, one of them not ASCII, and layer norm over the last axis."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(4, 8)
        self.norm = nn.LayerNorm(8)
        self.add_module("größe", nn.Linear(8, 3))

    def forward(self, x):
        return getattr(self, "größe")(torch.tanh(self.norm(self.fc1(x))))


class Words(nn.Module):
    """Two indices become vectors, side by side; the rest is a module within."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.net = nn.Sequential(
            nn.Linear(8, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.LayerNorm(6, eps=1e-3), nn.Linear(6, 2)
        )

    def forward(self, x):
        return self.net(self.embedding(x.long()).flatten(1))


class Tied(nn.Module):
    """The output layer shares the embedding's weight."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.hidden = nn.Linear(4, 4)
        self.out = nn.Linear(4, 7, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(self.embedding(x.long()))))


def batch_norm_mlp():
    return nn.Sequential(
        nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 5), nn.BatchNorm1d(5, eps=1e-3),
        nn.Tanh(), nn.Linear(5, 3),
    )  # fmt: skip


def real_inputs(count):
    return torch.randn(count, 4)


def index_inputs(shape):
    return torch.randint(0, 7, shape).to(torch.get_default_dtype())


# name: (model, inputs for a batch of a size)
MODELS = {
    "batch-norm": (batch_norm_mlp, real_inputs),
    "named": (Named, real_inputs),
    "words": (Words, lambda count: index_inputs((count, 2))),
    "tied": (Tied, lambda count: index_inputs((count,))),
}


def trained(make, inputs):
    model = make()
    method = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(5):
        y = model(inputs(16))
        method.zero_grad()
        ((y - 1) ** 2).mean().backward()
        method.step()
    return model.eval()


def make_all():
    FOLDER.mkdir(exist_ok=True)
    torch.manual_seed(1)
    torch.set_default_dtype(torch.float64)
    for name, (make, inputs) in MODELS.items():
        model, x = trained(make, inputs), inputs(5)
        for dtype in ("F64", "F32", "F16", "BF16"):
            kind = next(d for d, text in DTYPES.items() if text == dtype)
            state = {
                key: value.to(kind) if value.is_floating_point() else value
                for key, value in model.state_dict().items()
            }
            rounded = make().eval()
            rounded.load_state_dict(state)
            save_file(state, FOLDER / f"{name}.{dtype}.safetensors", {"format": "pt"})
            cases = {"input": x, "output": rounded(x)}
            save_file(cases, FOLDER / f"{name}.{dtype}.cases.safetensors")
            if name == "tied":
                del state["out.weight"]
                save_file(state, FOLDER / f"tied-one.{dtype}.safetensors", {"format": "pt"})


def check_back(build):
    for precision in ("f32", "f64"):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [build / f"tests/reel-tests-{precision}", "--test-case=torch weights: *"],
                env={**os.environ, "REEL_TORCH_WEIGHTS": folder},
                stdout=subprocess.DEVNULL,
                check=True,
            )
            saved = sorted(pathlib.Path(folder).glob("*.safetensors"))
            assert len(saved) == 4 * len(MODELS), saved
            worst = 0.0
            for path in saved:
                name, dtype, _ = path.name.split(".")
                make, _ = MODELS[name]
                torch.set_default_dtype(torch.float64 if precision == "f64" else torch.float32)
                model = make()
                state = load_file(path)
                model.load_state_dict(state, strict=True)
                before = load_file(FOLDER / f"{name}.{dtype}.safetensors")
                for key, value in before.items():
                    if value.dtype == torch.int64:
                        assert torch.equal(state[key], value), f"{path.name}: {key}"
                cases = load_file(FOLDER / f"{name}.{dtype}.cases.safetensors")
                y = model.eval()(cases["input"].to(torch.get_default_dtype()))
                difference = (y - cases["output"]).abs().max() / cases["output"].abs().max()
                worst = max(worst, difference.item())
            print(f"{precision}: {len(saved)} files, strict; outputs agree to {worst:.1e}")
            assert worst <= 1e-6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--back", action="store_true")
    parser.add_argument("--build", type=pathlib.Path, default=BUILD)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    if arguments.back:
        check_back(arguments.build)
    else:
        make_all()


if __name__ == "__main__":
    main()
