// Success by class, drawn with Observable Plot.

import { barX, plot, ruleX, tickX } from '@observablehq/plot';
import { checkObjects } from '@spatiallock/core/checks';
import type { LabelEvaluation } from '../metrics/index.js';
import { SvgDocument } from './svgDocument.js';

/** An SVG: a bar for each class, the most troublesome first, and a mark where real scenes stand. */
export function classChart(generated: readonly LabelEvaluation[], real: readonly LabelEvaluation[]): string {
  checkObjects(generated, 'generated', 'objects');
  checkObjects(real, 'real', 'objects');
  const sorted = [...generated].sort(
    (a, b) => a.instanceSuccessRate - b.instanceSuccessRate || a.meanIoU - b.meanIoU,
  );
  const figure: unknown = plot({
    document: new SvgDocument(),
    width: 720,
    height: 60 + 15 * sorted.length,
    marginLeft: 104,
    marginRight: 24,
    style: { fontSize: '11px', background: 'none' },
    x: {
      domain: [0, 1],
      label: 'placed (instance success rate)',
      percent: false,
      tickFormat: '.0%',
      axis: 'top',
    },
    y: { domain: sorted.map(({ label }) => label), label: null },
    marks: [
      barX(generated, {
        x: 'instanceSuccessRate',
        y: 'label',
        fill: 'var(--bar)',
        insetTop: 1,
        insetBottom: 1,
        rx: 2,
      }),
      tickX(real, { x: 'instanceSuccessRate', y: 'label', stroke: 'var(--real)', strokeWidth: 2.5 }),
      ruleX([0]),
    ],
  });
  return String(figure);
}
