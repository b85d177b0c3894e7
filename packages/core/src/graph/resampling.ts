// Nearest upsampling and pixel shuffles as composites.

import { broadcastTo, reshape, transpose } from './layout.js';
import { attrsOf, node, type Op, type Value } from './value.js';

/** Attributes of `upsampleNearest`, `pixelShuffle` and `pixelUnshuffle` nodes. */
export interface FactorAttrs {
  readonly factor: number;
}

/** Repeats every pixel of x [N, C, H, W] `factor` times along both sides. */
export const upsampleNearestOp: Op = {
  name: 'upsampleNearest',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    return { shape: [n, c, h * factor, w * factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c, h, 1, w, 1]);
    return reshape(broadcastTo(cells, [n, c, h, factor, w, factor]), y.shape);
  },
};

/** Moves pixels into channels, as PyTorch's pixel_unshuffle: [N, C, H, W] -> [N, C f^2, H/f, W/f]. */
export const pixelUnshuffleOp: Op = {
  name: 'pixelUnshuffle',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    if (h % factor || w % factor) throw new Error(`sides ${h} x ${w} are no multiples of ${factor}`);
    return { shape: [n, c * factor * factor, h / factor, w / factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor: f } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c, h / f, f, w / f, f]);
    return reshape(transpose(cells, [0, 1, 3, 5, 2, 4]), y.shape);
  },
  vjp: (y, dy) => [pixelShuffle(dy, attrsOf<FactorAttrs>(y).factor)],
};

/** Moves channels into pixels, the inverse of pixelUnshuffle. */
export const pixelShuffleOp: Op = {
  name: 'pixelShuffle',
  infer: ([x], attrs) => {
    const { factor } = attrs as unknown as FactorAttrs;
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    if (c % (factor * factor)) throw new Error(`${c} channels are no multiple of ${factor} squared`);
    return { shape: [n, c / (factor * factor), h * factor, w * factor], dtype: x!.dtype };
  },
  expand: (y) => {
    const { factor: f } = attrsOf<FactorAttrs>(y);
    const [n, c, h, w] = y.inputs[0]!.shape as [number, number, number, number];
    const cells = reshape(y.inputs[0]!, [n, c / (f * f), f, f, h, w]);
    return reshape(transpose(cells, [0, 1, 4, 2, 5, 3]), y.shape);
  },
  vjp: (y, dy) => [pixelUnshuffle(dy, attrsOf<FactorAttrs>(y).factor)],
};

/** Repeats every pixel: [N, C, H, W] -> [N, C, H * factor, W * factor]. */
export const upsampleNearest = (x: Value, factor: number): Value => node(upsampleNearestOp, [x], { factor });
/** Moves channels into pixels: [N, C * factor^2, H, W] -> [N, C, H * factor, W * factor]. */
export const pixelShuffle = (x: Value, factor: number): Value => node(pixelShuffleOp, [x], { factor });
/** Moves pixels into channels, as PyTorch's pixel_unshuffle: [N, C, H, W] -> [N, C * factor^2, H / factor, W / factor]. */
export const pixelUnshuffle = (x: Value, factor: number): Value => node(pixelUnshuffleOp, [x], { factor });
