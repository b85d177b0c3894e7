"""What generated code calls where one expression of PyTorch is not enough."""

import torch
import torch.nn.functional as F


def make_kernels(precision="float32", channels_last=False):
    """The functions that generated code may call, by name. `precision` is that of products and convolutions."""
    low = torch.bfloat16 if precision == "bfloat16" else None

    def down(x):
        return x if low is None or x.dtype != torch.float32 else x.to(low)

    def up(x):
        return x if low is None or x.dtype != low else x.float()

    def image(x):
        """A map or kernel as convolutions are to read it."""
        x = down(x)
        return x.contiguous(memory_format=torch.channels_last) if channels_last else x

    def matmul(a, b):
        return up(torch.matmul(down(a), down(b)))

    def attention(q, k, v, scale):
        lead = q.shape[:-2]
        if hasattr(F, "scaled_dot_product_attention") and q.dim() > 2:
            k, v = (x.expand(lead + x.shape[-2:]) for x in (k, v))
            return up(F.scaled_dot_product_attention(down(q), down(k), down(v), scale=scale))
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
        return up(F.conv2d(image(x), image(kernel), None, stride, sides, 1, groups))

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
        dx = up(backward(dy, x, kernel, stride, sides, groups, (True, False, False))[0])
        return dx if even else dx[:, :, top : top + h, left : left + w]

    def conv2d_kernel_gradient(x, dy, shape, stride, padding, groups):
        x, sides = padded(x, padding)
        x, dy = image(x), image(dy)
        kernel = dy.new_empty((1,)).expand(shape)
        return up(backward(dy, x, kernel, stride, sides, groups, (False, True, False))[1])

    def normalise(x, epsilon):
        """Normalised numbers, mean and 1 / deviation over the last axis."""
        return torch.native_layer_norm(x, (x.shape[-1],), None, None, epsilon)

    def normalise_gradient(dy, x, mean, inverse):
        width, dy, x = (x.shape[-1],), dy.contiguous(), x.contiguous()
        mask = (True, False, False)
        return torch.ops.aten.native_layer_norm_backward(dy, x, width, mean, inverse, None, None, mask)[0]

    def gather(table, indices, shape):
        return torch.index_select(table, 0, indices.reshape(-1)).reshape(shape)

    def scatter_add(updates, indices, shape):
        rows = updates.reshape((-1,) + tuple(shape[1:]))
        return updates.new_zeros(shape).index_add(0, indices.reshape(-1), rows)

    def round_half(x):
        """float16 is kept as float32 that a half can hold: processors compute in no halves."""
        return x.half().float()

    return dict(
        torch=torch,
        F=F,
        matmul=matmul,
        attention=attention,
        conv2d=conv2d,
        conv2d_input_gradient=conv2d_input_gradient,
        conv2d_kernel_gradient=conv2d_kernel_gradient,
        normalise=normalise,
        normalise_gradient=normalise_gradient,
        gather=gather,
        scatter_add=scatter_add,
        round_half=round_half,
    )
