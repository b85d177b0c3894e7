import type { Layout } from '@spatiallock/core';
import { palette } from '../state/drawing.js';
import { keyed } from './keyed.js';

/** A layout's boxes, small. */
export function Thumbnail({ layout }: { readonly layout: Layout }) {
  return (
    <svg class="thumbnail" viewBox="0 0 100 100" aria-hidden="true" focusable="false">
      {keyed(layout.objects, ({ box }) => box.join()).map(
        (
          {
            key,
            item: {
              box: [x0, y0, x1, y1],
            },
          },
          i,
        ) => (
          <rect
            key={key}
            x={x0 * 100}
            y={y0 * 100}
            width={(x1 - x0) * 100}
            height={(y1 - y0) * 100}
            rx="3"
            fill={palette[i % palette.length]!.value}
            fill-opacity="0.28"
            stroke={palette[i % palette.length]!.value}
            stroke-width="3"
          />
        ),
      )}
    </svg>
  );
}
