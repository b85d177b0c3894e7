"""Seconds of calls of a U-Net of Stable Diffusion 1's size in plain PyTorch, with GLIGEN's fusers: prints JSON.

    python pytorch.py SIDE CALLS THREADS

Written from the architecture (Rombach et al., arXiv 2112.10752; Li et al., arXiv 2301.07093) with PyTorch's own modules. Its weights are
random, which changes nothing in the time. Two rows, 77 tokens, 8 objects, as the other measurements have.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

CHANNELS = [320, 640, 1280, 1280]
TEXT, TIME, HEADS, LAYERS = 768, 1280, 8, 2
ROWS, TOKENS, OBJECTS = 2, 77, 8


class ResNet(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(32, inputs), nn.GroupNorm(32, outputs)
        self.conv1, self.conv2 = nn.Conv2d(inputs, outputs, 3, padding=1), nn.Conv2d(outputs, outputs, 3, padding=1)
        self.time = nn.Linear(TIME, outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x, time):
        y = self.conv1(F.silu(self.norm1(x))) + self.time(F.silu(time))[:, :, None, None]
        return self.conv2(F.silu(self.norm2(y))) + self.shortcut(x)


class Attention(nn.Module):
    def __init__(self, width, context):
        super().__init__()
        self.q, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width)
        self.k, self.v = nn.Linear(context, width, bias=False), nn.Linear(context, width, bias=False)

    def forward(self, x, context):
        q, k, v = self.q(x), self.k(context), self.v(context)
        heads = lambda y: y.unflatten(-1, (HEADS, -1)).transpose(1, 2)
        q, k, v = heads(q), heads(k), heads(v)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v)
        else:
            mixed = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), -1) @ v
        return self.out(mixed.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.up, self.down = nn.Linear(width, 8 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        values, gates = self.up(x).chunk(2, -1)
        return self.down(values * F.gelu(gates))


class Fuser(nn.Module):
    """Gated self-attention over the map's tokens and those of the objects."""

    def __init__(self, width):
        super().__init__()
        self.objects = nn.Linear(TEXT, width)
        self.attention, self.feed = Attention(width, width), FeedForward(width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.gates = nn.Parameter(torch.full((2,), 0.1))

    def forward(self, x, objects):
        tokens = self.norm1(torch.cat([x, self.objects(objects)], 1))
        a, b = torch.tanh(self.gates)
        x = x + a * self.attention(tokens, tokens)[:, : x.shape[1]]
        return x + b * self.feed(self.norm2(x))


class Transformer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm = nn.GroupNorm(32, width)
        self.into, self.out = nn.Conv2d(width, width, 1), nn.Conv2d(width, width, 1)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.own, self.cross = Attention(width, width), Attention(width, TEXT)
        self.fuser, self.feed = Fuser(width), FeedForward(width)

    def forward(self, x, text, objects):
        y = self.into(self.norm(x)).flatten(2).transpose(1, 2)
        a = self.norms[0](y)
        y = self.fuser(y + self.own(a, a), objects)
        y = y + self.cross(self.norms[1](y), text)
        y = y + self.feed(self.norms[2](y))
        return self.out(y.transpose(1, 2).unflatten(2, x.shape[2:])) + x


class Layer(nn.Module):
    def __init__(self, inputs, outputs, attends):
        super().__init__()
        self.resnet = ResNet(inputs, outputs)
        self.transformer = Transformer(outputs) if attends else None

    def forward(self, x, time, text, objects):
        x = self.resnet(x, time)
        return self.transformer(x, text, objects) if self.transformer else x


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        last = len(CHANNELS) - 1
        self.time = nn.Sequential(nn.Linear(CHANNELS[0], TIME), nn.SiLU(), nn.Linear(TIME, TIME))
        self.into = nn.Conv2d(4, CHANNELS[0], 3, padding=1)
        width, skips = CHANNELS[0], [CHANNELS[0]]
        self.down, self.shrink = nn.ModuleList(), nn.ModuleList()
        for level, channels in enumerate(CHANNELS):
            layers = nn.ModuleList()
            for _ in range(LAYERS):
                layers.append(Layer(width, channels, level < last))
                width = channels
                skips.append(width)
            self.down.append(layers)
            if level < last:
                self.shrink.append(nn.Conv2d(width, width, 3, stride=2, padding=1))
                skips.append(width)
        self.middle = nn.ModuleList([Layer(width, width, True), ResNet(width, width)])
        self.up, self.grow = nn.ModuleList(), nn.ModuleList()
        for level in reversed(range(len(CHANNELS))):
            layers = nn.ModuleList()
            for _ in range(LAYERS + 1):
                layers.append(Layer(width + skips.pop(), CHANNELS[level], level < last))
                width = CHANNELS[level]
            self.up.append(layers)
            if level > 0:
                self.grow.append(nn.Conv2d(width, width, 3, padding=1))
        self.norm, self.out = nn.GroupNorm(32, width), nn.Conv2d(width, 4, 3, padding=1)

    def forward(self, x, waves, text, objects):
        time = self.time(waves)
        x = self.into(x)
        skips = [x]
        for level, layers in enumerate(self.down):
            for layer in layers:
                x = layer(x, time, text, objects)
                skips.append(x)
            if level < len(self.shrink):
                x = self.shrink[level](x)
                skips.append(x)
        x = self.middle[1](self.middle[0](x, time, text, objects), time)
        for level, layers in enumerate(self.up):
            for layer in layers:
                x = layer(torch.cat([x, skips.pop()], 1), time, text, objects)
            if level < len(self.grow):
                x = self.grow[level](F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return self.out(F.silu(self.norm(x)))


@torch.no_grad()
def main(side, calls, threads):
    torch.set_num_threads(threads)
    unet = UNet().eval()
    feeds = [(4, side, side), (CHANNELS[0],), (TOKENS, TEXT), (OBJECTS, TEXT)]
    given = [torch.randn(ROWS, *shape) for shape in feeds]
    seconds = []
    for _ in range(calls):
        start = time.monotonic()
        unet(*given)
        seconds.append(round(time.monotonic() - start, 2))
    parameters = sum(p.numel() for p in unet.parameters())
    print(json.dumps({"calls": seconds, "parameters": parameters, "torch": torch.__version__}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
