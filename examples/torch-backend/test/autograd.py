"""Gradients by PyTorch's own differentiation: no gradient rule of the TypeScript side takes part.

    python autograd.py FOLDER

FOLDER holds `graph.json`, a graph as the backend's worker reads it, and `numbers.bin`, the numbers of its constants, parameters and
inputs one after another. Writes the gradients of the graph's first output with respect to its parameters to `gradients.bin`.
"""

import json
import sys
from functools import reduce
from operator import mul
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parent.parent / "src" / "python"))

from executable import DTYPES  # noqa: E402
from kernels import make_kernels  # noqa: E402
from program import evaluate, make_segments, read_nodes  # noqa: E402


def read_leaves(nodes, data):
    leaves, offset = {}, 0
    for node in nodes:
        dtype, count = DTYPES[node.dtype], reduce(mul, node.shape, 1)
        numbers = torch.frombuffer(data, dtype=dtype, count=count, offset=offset).reshape(node.shape).clone()
        leaves[node.number] = numbers
        offset += count * numbers.element_size()
    return leaves


def main(folder):
    graph = json.loads((folder / "graph.json").read_text())
    nodes = read_nodes(graph)
    constants = [node for node in nodes if node.op == "constant"]
    given = [nodes[at] for at in [*graph["params"], *graph["inputs"]]]
    leaves = read_leaves([*constants, *given], bytearray((folder / "numbers.bin").read_bytes()))
    params = [leaves[at].requires_grad_() for at in graph["params"]]
    segments = make_segments(nodes, graph["outputs"], {}, make_kernels("float32", False))
    loss = evaluate(segments, leaves)[graph["outputs"][0]]
    gradients = torch.autograd.grad(loss, params)
    with (folder / "gradients.bin").open("wb") as file:
        for gradient in gradients:
            file.write(gradient.contiguous().numpy().tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
