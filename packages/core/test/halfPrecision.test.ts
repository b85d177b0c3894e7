import { describe, expect, it } from 'vitest';
import { tensor } from '../src/index.js';
import { halfPrecision } from '../src/io/halfPrecision.js';

describe('halfPrecision', () => {
  it('turns float32 into float16 and leaves other types as they are', () => {
    const ids = tensor([70_000, -1], [2], 'int32');
    const mask = tensor([1, 0], [2], 'bool');
    const half = { dtype: 'float16' as const, shape: [1], data: Uint16Array.of(0x3c00) };
    const found = halfPrecision({ w: tensor([1, -2, 65_504], [3]), ids, mask, half });
    expect(found).toEqual({
      w: { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7bff) },
      ids,
      mask,
      half,
    });
  });

  it.each([65_520, -1e6, Number.NaN, Number.NEGATIVE_INFINITY])(
    'names the tensor that holds %s',
    (number) => {
      expect(() => halfPrecision({ fine: tensor([1], [1]), 'a.weight': tensor([0, number], [2]) })).toThrow(
        'a.weight holds a number that half precision cannot',
      );
    },
  );
});
