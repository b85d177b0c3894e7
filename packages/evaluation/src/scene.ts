import type { Layout } from '@spatiallock/core';

/** A layout to paint, with what judging its pictures needs. Held-out scenes of `@spatiallock/scenes` are such. */
export interface EvaluatedLayout {
  readonly layout: Layout;
  /** The detector's labels of the layout's objects, in their order. */
  readonly labels: readonly string[];
  /** For each object, whether training never showed its class before this background. Default: none. */
  readonly unseen?: readonly boolean[];
  /** What the scene was composed from, for the report. */
  readonly seed?: number;
  /** The name of the background, for the report. */
  readonly background?: string;
}
