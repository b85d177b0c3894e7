import type { Box } from '@spatiallock/core';

/** Where a box lies, in percent of its parent. */
export function boxStyle([x0, y0, x1, y1]: Box) {
  const percent = (value: number): string => `${(value * 100).toFixed(3)}%`;
  return { left: percent(x0), top: percent(y0), width: percent(x1 - x0), height: percent(y1 - y0) };
}
