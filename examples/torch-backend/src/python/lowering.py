"""A line of Python for each op. `LOWERINGS[op](node, args)` gives the expression; `args` are names of variables."""

DTYPES = {"float32": "torch.float32", "float16": "torch.float32", "int32": "torch.int32", "bool": "torch.bool"}


def call(function, *attributes):
    """function(args..., attributes...)"""

    def lower(node, args):
        return f"{function}({', '.join([*args, *(repr(plain(node.attrs[name])) for name in attributes)])})"

    return lower


def infix(operator):
    return lambda node, args: f"{args[0]} {operator} {args[1]}"


def plain(attribute):
    return tuple(attribute) if isinstance(attribute, list) else attribute


def divide(node, args):
    if node.dtype == "int32":
        return f"torch.div({args[0]}, {args[1]}, rounding_mode='trunc')"
    return f"truediv({args[0]}, {args[1]})"


def cast(node, args):
    # Halves are kept in float32 and rounded afterwards, as every result of dtype float16 is.
    return f"{args[0]}.to({DTYPES[node.dtype]})"


def total(node, args):
    axes, keep = plain(node.attrs["axes"]), node.attrs["keepDims"]
    return f"{args[0]}.sum({axes}, keepdim={keep}, dtype={DTYPES[node.dtype]})"


def largest(node, args):
    return f"{args[0]}.amax({plain(node.attrs['axes'])}, keepdim={node.attrs['keepDims']})"


def slice_(node, args):
    parts = [f"{a}:{b}" for a, b in zip(node.attrs["starts"], node.attrs["ends"])]
    return f"{args[0]}[{', '.join(parts)}]"


def pad(node, args):
    sides = [n for pair in zip(node.attrs["before"][::-1], node.attrs["after"][::-1]) for n in pair]
    return f"F.pad({args[0]}, {tuple(sides)})"


def concat(node, args):
    return f"concat(({', '.join(args)},), {node.attrs['axis']})"


def stack(node, args):
    return f"stack(({', '.join(args)},))"


def shaped(method):
    return lambda node, args: f"{args[0]}.{method}({tuple(node.shape)})"


def indexed(function):
    return lambda node, args: f"{function}({args[0]}, {args[1]}, {tuple(node.shape)})"


def layer_norm(node, args):
    x, weight, bias = args
    return f"F.layer_norm({x}, ({node.shape[-1]},), {weight}, {bias}, {node.attrs['epsilon']})"


def group_norm(node, args):
    x, weight, bias = args
    return f"F.group_norm({x}, {node.attrs['groups']}, {weight}, {bias}, {node.attrs['epsilon']})"


CONVOLUTION = ("stride", "padding", "groups")

LOWERINGS = {
    "negate": lambda node, args: f"-{args[0]}",
    "stopGradient": lambda node, args: args[0],
    **{name: call(f"torch.{name}") for name in "exp log sqrt abs sign sin cos tanh sigmoid erf".split()},
    "add": call("add"),
    "subtract": call("sub"),
    "multiply": call("mul"),
    "divide": divide,
    "less": infix("<"),
    "equal": infix("=="),
    "power": call("pow"),
    "maximum": call("maximum"),
    "minimum": call("minimum"),
    "where": call("torch.where"),
    "cast": cast,
    "reshape": shaped("reshape"),
    "broadcastTo": shaped("expand"),
    "transpose": lambda node, args: f"{args[0]}.permute({plain(node.attrs['perm'])})",
    "concat": concat,
    "slice": slice_,
    "pad": pad,
    "sum": total,
    "max": largest,
    "argMax": lambda node, args: f"torch.argmax({args[0]}, {node.attrs['axis']}).to(torch.int32)",
    "gather": indexed("gather"),
    "scatterAdd": indexed("scatter_add"),
    "matmul": call("matmul"),
    "conv2d": call("conv2d", *CONVOLUTION),
    "conv2dInputGradient": call("conv2d_input_gradient", "shape", *CONVOLUTION),
    "conv2dKernelGradient": call("conv2d_kernel_gradient", "shape", *CONVOLUTION),
    "softmax": call("torch.softmax", "axis"),
    "logSoftmax": call("torch.log_softmax", "axis"),
    "silu": call("F.silu"),
    "gelu": call("F.gelu"),
    "softplus": lambda node, args: f"torch.logaddexp({args[0]}, torch.zeros_like({args[0]}))",
    "layerNorm": layer_norm,
    "groupNorm": group_norm,
    "attention": call("attention", "scale"),
    "upsampleNearest": lambda node, args: f"F.interpolate({args[0]}, size={tuple(node.shape[2:])}, mode='nearest')",
    "pixelUnshuffle": call("F.pixel_unshuffle", "factor"),
    "pixelShuffle": call("F.pixel_shuffle", "factor"),
    # Of passes of this backend, see ../passes.
    "mean": lambda node, args: f"{args[0]}.mean({plain(node.attrs['axes'])}, keepdim={node.attrs['keepDims']})",
    "normalisation": lambda node, args: f"normalise({args[0]}, {node.attrs['epsilon']})",
    "item": lambda node, args: f"{args[0]}[{('normal', 'mean', 'inverse').index(node.attrs['item'])}]",
    "normalisationGradient": call("normalise_gradient"),
    "siluGradient": call("silu_gradient"),
    "geluGradient": call("gelu_gradient"),
    "softmaxGradient": lambda node, args: f"softmax_gradient({args[0]}, {args[1]}, {node.attrs['axis']})",
    "stack": stack,
    "select": lambda node, args: f"{args[0]}[{node.attrs['index']}]",
}

# Ops whose operator takes a number in place of a tensor.
TAKES_NUMBERS = {"add", "subtract", "multiply", "divide"}
