"""A graph as Python functions: a line for each node, in as many functions as are compiled apart."""

import itertools
import math

from lowering import LOWERINGS, TAKES_NUMBERS

LEAVES = ("input", "parameter", "constant")


class Node:
    def __init__(self, number, op, inputs, attrs, shape, dtype):
        self.number, self.op, self.inputs = number, op, inputs
        self.attrs, self.shape, self.dtype = attrs, shape, dtype
        self.name = f"v{number}"


class Segment:
    """Consecutive nodes as one function from the values that it needs to those that are needed after it."""

    def __init__(self, function, needs, gives, nodes):
        self.function, self.needs, self.gives, self.nodes = function, needs, gives, nodes
        self.spent = []


def read_nodes(graph):
    return [Node(number, *fields) for number, fields in enumerate(graph["nodes"])]


def literal(node, numbers, user):
    """The number itself where a scalar constant meets an operator: it costs no tensor and no kernel."""
    value = numbers.get(node.number)
    if value is None or user.op not in TAKES_NUMBERS or user.dtype != "float32":
        return None
    wide = all(n == 1 for n in node.shape) and len(node.shape) <= len(user.shape)
    return repr(value) if wide and math.isfinite(value) else None


def line_of(node, nodes, numbers):
    args = []
    for at in node.inputs:
        given = literal(nodes[at], numbers, node)
        # Two numbers would not make a tensor.
        known = given is not None and not (args and args[0].lstrip("(-")[:1].isdigit())
        args.append(f"({given})" if known else nodes[at].name)
    lower = LOWERINGS.get(node.op)
    if lower is None:
        raise NotImplementedError(f"no lowering for {node.op}")
    expression = lower(node, args)
    return f"round_half({expression})" if node.dtype == "float16" else expression


def cut(nodes, size):
    computed = [node for node in nodes if node.op not in LEAVES]
    count = max(1, math.ceil(len(computed) / size)) if size else 1
    step = max(1, math.ceil(len(computed) / count))
    return [computed[at : at + step] for at in range(0, len(computed), step)]


def make_segments(nodes, roots, numbers, kernels, size=None):
    """Functions of at most `size` nodes each; `roots` are the values that must be there in the end."""
    parts = cut(nodes, size)
    last = {}
    for place, part in enumerate(parts):
        for node in part:
            for at in node.inputs:
                last[at] = place
    for at in roots:
        last[at] = len(parts)
    segments = []
    for place, part in enumerate(parts):
        own = {node.number for node in part}
        needs = sorted({at for node in part for at in node.inputs} - own)
        gives = [node.number for node in part if last.get(node.number, -1) > place]
        segments.append(Segment(write(place, part, nodes, numbers, kernels, needs, gives), needs, gives, len(part)))
        segments[-1].spent = [at for at in last if last[at] == place and nodes[at].op not in LEAVES and at not in own]
    return segments


def write(place, part, nodes, numbers, kernels, needs, gives):
    kept = {nodes[at].name for at in gives}
    own = {node.name for node in part}
    uses = {}
    for line, node in enumerate(part):
        uses.setdefault(node.name, line)
        for at in node.inputs:
            uses[nodes[at].name] = line
    spent = {}
    for name, line in uses.items():
        if name in own and name not in kept:
            spent.setdefault(line, []).append(name)
    lines = [f"def segment{place}({', '.join(nodes[at].name for at in needs)}):"]
    for line, node in enumerate(part):
        lines.append(f"    {node.name} = {line_of(node, nodes, numbers)}")
        if line in spent:
            lines.append(f"    del {', '.join(spent[line])}")
    lines.append(f"    return ({', '.join(nodes[at].name for at in gives)}{',' if gives else ''})")
    scope = dict(kernels)
    exec(compile("\n".join(lines), f"<graph, part {place}>", "exec"), scope)
    return scope[f"segment{place}"]


def evaluate(segments, leaves):
    """Every value that outlives its segment, by number; what no later one needs is forgotten."""
    values = dict(leaves)
    for segment in segments:
        results = segment.function(*[values[at] for at in segment.needs])
        for at in segment.spent:
            values.pop(at, None)
        values.update(zip(segment.gives, results))
        del results
    return values
