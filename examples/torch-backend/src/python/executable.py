"""A compiled graph with its parameters on the device."""

import ctypes
import time
from functools import reduce
from operator import mul

import torch
from compilation import compile_segments
from kernels import make_kernels
from program import evaluate, make_segments, read_nodes

DTYPES = {"float32": torch.float32, "float16": torch.float32, "int32": torch.int32, "bool": torch.bool}
ALIGNMENT = 256
WARM_UPS = 2


class Buffer:
    """Tensors side by side in one block of memory of the host, and of the device where that is another."""

    def __init__(self, kinds, device):
        """`kinds` are pairs of shape and dtype."""
        self.sizes = [reduce(mul, shape, 1) * torch.empty((), dtype=DTYPES[dtype]).element_size() for shape, dtype in kinds]
        self.offsets, end = [], 0
        for size in self.sizes:
            self.offsets.append(end)
            end += -(-size // ALIGNMENT) * ALIGNMENT
        self.host = torch.zeros(max(end, 1), dtype=torch.uint8, pin_memory=device.type == "cuda")
        self.memory = memoryview((ctypes.c_char * self.host.numel()).from_address(self.host.data_ptr())).cast("B")
        self.block = self.host if device.type == "cpu" else torch.zeros_like(self.host, device=device)
        self.on_host = self.views(self.host, kinds)
        self.on_device = self.views(self.block, kinds)

    def views(self, block, kinds):
        places = zip(self.offsets, self.sizes, kinds)
        return [block[at : at + size].view(DTYPES[dtype]).view(shape) for at, size, (shape, dtype) in places]

    def parts(self):
        return [self.memory[at : at + size] for at, size in zip(self.offsets, self.sizes)]

    def upload(self):
        if self.block is not self.host:
            self.block.copy_(self.host, non_blocking=True)


class Executable:
    def __init__(self, graph, read, device, options, progress):
        """`read(memory)` fills memory with the bytes that follow: constants, then parameters."""
        start = time.monotonic()
        self.device, self.progress = device, progress
        self.nodes = nodes = read_nodes(graph)
        self.inputs, self.outputs = graph["inputs"], graph["outputs"]
        self.leaves = {}
        self.load([node for node in nodes if node.op == "constant"], read)
        self.load([nodes[at] for at in graph["params"]], read)
        numbers = {at: x.item() for at, x in self.constants(nodes) if x.numel() == 1}
        self.staging = Buffer([(nodes[at].shape, nodes[at].dtype) for at in self.inputs], device)
        self.results = Buffer([(nodes[at].shape, nodes[at].dtype) for at in self.outputs], device)
        self.leaves.update(zip(self.inputs, self.staging.on_device))
        self.updates = graph["updates"]
        roots = [*self.outputs, *(value for _, value in self.updates)]
        kernels = make_kernels(options["precision"], options["channelsLast"])
        size = options["segment"] if options["compile"] else None
        self.segments = make_segments(nodes, roots, numbers, kernels, size)
        self.memory = {storage_of(x) for x in self.leaves.values()}
        progress(f"{len(nodes)} nodes in {len(self.segments)} functions written in {time.monotonic() - start:.1f} s")
        if options["compile"]:
            compile_segments(self.segments, self.leaves, options["compileSeconds"], progress)
        self.replay = self.capture() if options["cudaGraphs"] and device.type == "cuda" else None

    def load(self, nodes, read):
        """Reads the numbers of leaves, a few at once: one copy to the device for many small ones."""
        for at in range(0, len(nodes), 64):
            some = nodes[at : at + 64]
            buffer = Buffer([(node.shape, node.dtype) for node in some], torch.device("cpu"))
            for part in buffer.parts():
                read(part)
            for node, x in zip(some, buffer.on_host):
                self.leaves[node.number] = x.to(self.device, copy=True)

    def constants(self, nodes):
        return [(node.number, self.leaves[node.number]) for node in nodes if node.op == "constant"]

    def compute(self):
        """Outputs, and pairs of a parameter and its next value, none of which is written yet."""
        values = evaluate(self.segments, self.leaves)
        return [values[at] for at in self.outputs], [(self.leaves[at], values[value]) for at, value in self.updates]

    def commit(self, updates):
        # What still reads a leaf must be copied before the leaf is written to.
        own = [(leaf, x.clone() if storage_of(x) in self.memory else x) for leaf, x in updates]
        if hasattr(torch, "_foreach_copy_") and own:
            torch._foreach_copy_([leaf for leaf, _ in own], [x for _, x in own])
        else:
            for leaf, x in own:
                leaf.copy_(x)

    def deliver(self, outputs):
        for place, x in zip(self.results.on_host, outputs):
            place.copy_(x.reshape(place.shape), non_blocking=True)

    def capture(self):
        """The whole step as one CUDA graph; None where it cannot be captured."""
        start = time.monotonic()
        try:
            stream = torch.cuda.Stream()
            stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(WARM_UPS):
                    self.compute()
            torch.cuda.current_stream().wait_stream(stream)
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                outputs, updates = self.compute()
                # An output may be a parameter, which is about to be written to.
                outputs = [x.clone() if storage_of(x) in self.memory else x for x in outputs]
                self.commit(updates)
            torch.cuda.synchronize()
        except Exception as error:
            self.progress(f"no CUDA graph ({type(error).__name__}: {error}); running eagerly")
            return None
        self.progress(f"captured as a CUDA graph in {time.monotonic() - start:.1f} s")

        def replay():
            graph.replay()
            self.deliver(outputs)

        return replay

    def run(self, read):
        for part in self.staging.parts():
            read(part)
        self.staging.upload()
        if self.replay:
            self.replay()
        else:
            outputs, updates = self.compute()
            self.deliver(outputs)
            self.commit(updates)
        if self.device.type == "cuda":
            torch.cuda.current_stream().synchronize()
        return self.results.parts()

    def read_params(self, numbers):
        some = [(self.nodes[at].shape, self.nodes[at].dtype) for at in numbers]
        buffer = Buffer(some, torch.device("cpu"))
        for at, place in zip(numbers, buffer.on_host):
            place.copy_(self.leaves[at])
        # The memory goes with the buffer, which the parts do not keep.
        return [bytes(part) for part in buffer.parts()]


def storage_of(x):
    return x.untyped_storage().data_ptr() if hasattr(x, "untyped_storage") else x.storage().data_ptr()
