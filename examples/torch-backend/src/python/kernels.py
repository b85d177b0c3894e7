"""What generated code calls where one expression of PyTorch is not enough."""

import operator

import torch
import torch.nn.functional as F


def make_kernels(precision="float32", channels_last=False):
    """The functions that generated code may call, by name.

    With `bfloat16`, products and convolutions take and give bfloat16, and so does what follows them. What is as
    large as a float32 operand stays float32: sums, the loss, moments and parameters.
    """
    low = torch.bfloat16 if precision == "bfloat16" else None

    def down(x):
        return x if low is None or x.dtype != torch.float32 else x.to(low)

    def up(x):
        return x if low is None or x.dtype != low else x.float()

    def operands(a, b):
        """Both in the precision of the larger, so that a bias does not widen a map."""
        if low is None or not (isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)):
            return a, b
        narrow = a.dtype != b.dtype and low in (a.dtype, b.dtype)
        # PyTorch itself does not let a tensor without axes widen another.
        if not narrow or a.numel() == b.numel() or not (a.dim() and b.dim()):
            return a, b
        return (a, b.to(a.dtype)) if a.numel() > b.numel() else (a.to(b.dtype), b)

    def binary(function):
        return function if low is None else lambda a, b: function(*operands(a, b))

    def concat(parts, axis):
        narrow = low is not None and any(x.dtype == low for x in parts)
        return torch.cat([down(x) for x in parts] if narrow else parts, axis)

    def stack(parts):
        """What the optimiser stacks: gradients of either precision."""
        wide = low is not None and any(x.dtype == torch.float32 for x in parts)
        return torch.stack([up(x) for x in parts] if wide else parts)

    def image(x):
        """A map or kernel as convolutions are to read it."""
        x = down(x)
        return x.contiguous(memory_format=torch.channels_last) if channels_last else x

    def matmul(a, b):
        return torch.matmul(down(a), down(b))

    def attention(q, k, v, scale):
        lead = q.shape[:-2]
        if hasattr(F, "scaled_dot_product_attention") and q.dim() > 2:
            k, v = (x.expand(lead + x.shape[-2:]) for x in (k, v))
            return F.scaled_dot_product_attention(down(q), down(k), down(v), scale=scale)
        weights = torch.softmax(matmul(q * scale, k.transpose(-1, -2)), -1)
        return matmul(weights, v)

    def padded(x, padding):
        """The map with what PyTorch's symmetric padding cannot express, and the padding that is left."""
        top, left, bottom, right = padding
        if top == bottom and left == right:
            return x, (top, left)
        return F.pad(x, (left, right, top, bottom)), (0, 0)

    def conv2d(x, kernel, stride, padding, groups):
        x, sides = padded(x, padding)
        return F.conv2d(image(x), image(kernel), None, stride, sides, 1, groups)

    def backward(dy, x, kernel, stride, sides, groups, mask):
        return torch.ops.aten.convolution_backward(
            dy, x, kernel, None, stride, sides, (1, 1), False, (0, 0), groups, mask
        )

    def conv2d_input_gradient(dy, kernel, shape, stride, padding, groups):
        n, c, h, w = shape
        top, left, bottom, right = padding
        even = top == bottom and left == right
        size = shape if even else (n, c, h + top + bottom, w + left + right)
        sides = (top, left) if even else (0, 0)
        dy, kernel = image(dy), image(kernel)
        # Of x the gradient needs the shape alone.
        x = dy.new_empty((1,)).expand(size)
        dx = backward(dy, x, kernel, stride, sides, groups, (True, False, False))[0]
        return dx if even else dx[:, :, top : top + h, left : left + w]

    def conv2d_kernel_gradient(x, dy, shape, stride, padding, groups):
        x, sides = padded(x, padding)
        x, dy = image(x), image(dy)
        kernel = dy.new_empty((1,)).expand(shape)
        return backward(dy, x, kernel, stride, sides, groups, (False, True, False))[1]

    def normalise(x, epsilon):
        """Normalised numbers, mean and 1 / deviation over the last axis."""
        normal, mean, inverse = torch.native_layer_norm(statistical(x), (x.shape[-1],), None, None, epsilon)
        return normal.to(x.dtype), mean, inverse

    def normalise_gradient(dy, x, mean, inverse):
        width, mask, wide = (x.shape[-1],), (True, False, False), statistical(x.contiguous())
        dy = dy.to(wide.dtype).contiguous()
        return torch.ops.aten.native_layer_norm_backward(dy, wide, width, mean, inverse, None, None, mask)[0].to(x.dtype)

    def statistical(x):
        """Processors keep the mean and deviation of bfloat16 in bfloat16; cards keep them in float32."""
        return x.float() if low is not None and x.device.type == "cpu" else x

    def silu_gradient(dy, x):
        return torch.ops.aten.silu_backward(dy.to(x.dtype), x)

    def gelu_gradient(dy, x):
        return torch.ops.aten.gelu_backward(dy.to(x.dtype), x)

    def softmax_gradient(dy, y, axis):
        return torch.ops.aten._softmax_backward_data(dy.to(y.dtype), y, axis, y.dtype)

    def gather(table, indices, shape):
        return down(torch.index_select(table, 0, indices.reshape(-1)).reshape(shape))

    def scatter_add(updates, indices, shape):
        # A row may be the sum of thousands.
        rows = up(updates.reshape((-1,) + tuple(shape[1:])))
        return rows.new_zeros(shape).index_add(0, indices.reshape(-1), rows)

    def round_half(x):
        """float16 is kept as float32 that a half can hold: processors compute in no halves."""
        return x.half().float()

    return dict(
        torch=torch,
        F=F,
        **{name: binary(getattr(operator, name)) for name in ("add", "sub", "mul", "truediv")},
        **{name: binary(getattr(torch, name)) for name in ("pow", "maximum", "minimum")},
        concat=concat,
        stack=stack,
        matmul=matmul,
        attention=attention,
        conv2d=conv2d,
        conv2d_input_gradient=conv2d_input_gradient,
        conv2d_kernel_gradient=conv2d_kernel_gradient,
        normalise=normalise,
        normalise_gradient=normalise_gradient,
        silu_gradient=silu_gradient,
        gelu_gradient=gelu_gradient,
        softmax_gradient=softmax_gradient,
        gather=gather,
        scatter_add=scatter_add,
        round_half=round_half,
    )
