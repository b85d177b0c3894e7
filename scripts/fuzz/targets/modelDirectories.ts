// Whole model directories with one file changed: either it opens, or the error names the file.

import { fromPretrained, referenceBackend } from '@spatiallock/core';
import fc, { type Arbitrary } from 'fast-check';
import { must, targetOf } from '../target.js';
import { grounding, tinyModel } from '../tinyModel.js';
import { awkwardJson, edited, scribbled } from '../values.js';

interface Changed {
  readonly path: string;
  /** Undefined: the file is missing. */
  readonly content: Uint8Array | undefined;
}

const files = await tinyModel();
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function changes(path: string, bytes: Uint8Array): Arbitrary<Changed> {
  const text = new TextDecoder().decode(bytes);
  const missing = { weight: 1, arbitrary: fc.constant(undefined) };
  const flips = fc
    .array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 })
    .map((all) => {
      const changed = Uint8Array.from(bytes);
      // Most bytes are weights, most faults in the header: half of the changes go there.
      for (const [at, value] of all)
        changed[at % (at % 2 ? Math.min(2000, bytes.length) : bytes.length)] = value;
      return changed;
    });
  const contents = path.endsWith('.json')
    ? fc.oneof(
        {
          weight: 6,
          arbitrary: edited([JSON.parse(text)], awkwardJson, 2).map((json) =>
            bytesOf(JSON.stringify(json) ?? ''),
          ),
        },
        { weight: 1, arbitrary: scribbled(fc.constant(text)).map(bytesOf) },
        missing,
      )
    : fc.oneof({ weight: 4, arbitrary: flips }, missing);
  return contents.map((content) => ({ path, content }));
}

const backend = referenceBackend();

export const modelDirectories = targetOf({
  name: 'models',
  share: 6,
  inputs: fc.oneof(...[...files].map(([path, bytes]) => changes(path, bytes))),
  async read({ path, content }: Changed) {
    const source = { read: async (asked: string) => (asked === path ? content : files.get(asked)) };
    const pipe = await fromPretrained(source, {
      backend,
      plugins: [grounding],
    });
    const { width, height } = pipe.imageSize;
    must(
      Number.isSafeInteger(width) && width > 0 && Number.isSafeInteger(height) && height > 0,
      `${width} x ${height}`,
    );
    must(Number.isInteger(pipe.defaults.steps) && pipe.defaults.steps >= 1, `${pipe.defaults.steps} steps`);
    must(Number.isFinite(pipe.defaults.guidanceScale), `guidance scale ${pipe.defaults.guidanceScale}`);
    await pipe.dispose();
  },
  names: /\.(json|txt|safetensors)|^(unet|vae|text_encoder|tokenizer|scheduler|model_index)\b|config/s,
});
