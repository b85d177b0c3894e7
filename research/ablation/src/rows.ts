// The rows of the ablation: what each changes, and nothing else.

import { InputError } from '@spatiallock/cli/command';
import type { PoiOptions } from '@spatiallock/poi';
import type { PogPaths } from '@spatiallock/research-harness';

export interface AblationRow {
  readonly key: string;
  readonly title: string;
  /** False: no boxes enter the U-Net. */
  readonly poi: PoiOptions | false;
  readonly pog?: PogPaths;
  /** The image path looks at states of the checkpoint's own sampling first. */
  readonly ownSampling?: true;
  /** Takes the weights of another row instead of training; `checkpoint`: those that all rows start from. */
  readonly weightsOf?: string;
  /** PoG at inference. */
  readonly guidance?: 'feature' | 'image';
}

const full: PoiOptions = { injection: true };

export const ablationRows: readonly AblationRow[] = [
  { key: 'checkpoint', title: 'Checkpoint, not trained on', poi: full, weightsOf: 'checkpoint' },
  { key: 'poi-off', title: 'PoI off: captions alone', poi: false },
  { key: 'poi', title: 'PoI', poi: full },
  { key: 'pog-feature', title: 'PoI + PoG feature', poi: full, pog: { feature: true, image: false } },
  { key: 'pog-image', title: 'PoI + PoG image', poi: full, pog: { feature: false, image: true } },
  {
    key: 'pog-own',
    title: 'PoI + PoG image, on its own sampling',
    poi: full,
    pog: { feature: false, image: true },
    ownSampling: true,
  },
  { key: 'pog-both', title: 'PoI + PoG both', poi: full, pog: { feature: true, image: true } },
  { key: 'injection-off', title: 'PoI without injection', poi: { injection: false } },
  { key: 'parallel', title: 'PoI, parallel attention', poi: { ...full, placement: 'parallel' } },
  {
    key: 'guidance-feature',
    title: 'PoI + PoG feature, guided by it',
    poi: full,
    pog: { feature: true, image: false },
    weightsOf: 'pog-feature',
    guidance: 'feature',
  },
  {
    key: 'guidance-image',
    title: 'PoI, guided by the detector',
    poi: full,
    weightsOf: 'poi',
    guidance: 'image',
  },
];

/** Whether a row's weights are those that all start from, the same for every seed. */
export const isUntrained = ({ weightsOf }: AblationRow): boolean => weightsOf === 'checkpoint';

/** The row whose training gives a row's weights. */
export const trainedRow = (row: AblationRow): AblationRow =>
  ablationRows.find(({ key }) => key === row.weightsOf) ?? row;

/** The rows of a comma-separated list, each once, all by default; throws where one is not known. */
export function chosenRows(list: string | undefined): readonly AblationRow[] {
  if (list === undefined) return ablationRows;
  const chosen = list.split(',').map((key) => {
    const row = ablationRows.find((each) => each.key === key.trim());
    if (row) return row;
    throw new InputError(`--rows: ${key} is none of ${ablationRows.map((each) => each.key).join(', ')}`);
  });
  return [...new Set(chosen)];
}
