// Figures of several kinds of pictures side by side.

import { type Figures, subsetNames, subsetTitles } from '@spatiallock/evaluation';

type Row = readonly [string, number | null | undefined];

/** Markdown: a column of figures for each kind of pictures. */
export function figuresTable(columns: Readonly<Record<string, Figures>>): string {
  const [titles, figures] = [Object.keys(columns), Object.values(columns).map(rowsOf)];
  const [first = []] = figures;
  const lines = first.map(
    ([name], i) => `| ${name} | ${figures.map((rows) => shown(rows[i]?.[1])).join(' | ')} |`,
  );
  return [`| | ${titles.join(' | ')} |`, `| --- |${' --- |'.repeat(titles.length)}`, ...lines].join('\n');
}

const shown = (value: number | null | undefined): string =>
  value === null || value === undefined ? '' : value.toFixed(3);

function rowsOf(figures: Figures): Row[] {
  const { meanIoU, instances, instanceSuccessRate, subsets, measures, unaskedPer100 } = figures;
  const measured = (title: string, name: string): Row[] =>
    measures[name] ? [[`${title} (${measures[name].count})`, measures[name].mean]] : [];
  return [
    [`mean IoU (${instances})`, meanIoU],
    ['success', instanceSuccessRate],
    ...subsetNames.flatMap((name): Row[] => {
      const { instances: own, meanIoU: mean } = subsets[name];
      return own === 0 ? [] : [[`${subsetTitles[name]}, mean IoU (${own})`, mean]];
    }),
    ...measured('no other class fits better', 'class first'),
    ...measured('in the colour asked for', 'colour right'),
    ...measured('background as captioned', 'background right'),
    ...measured('left and right halves mixed', 'halves mixed'),
    ['objects that nobody asked for, in 100 pictures', unaskedPer100],
  ];
}
