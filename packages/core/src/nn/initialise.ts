import { checkNumber, checkObject } from '../checks/index.js';
import { checkValue } from '../graph/operands.js';
import { sizeOf, type Tensor, tensor } from '../graph/tensor.js';
import type { Values } from '../graph/value.js';
import { type Random, random } from './random.js';
import { type Init, initOf } from './scope.js';

const SEED = { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };

/** First numbers for every parameter, decided by the seed and the parameter's name alone. */
export function initialise(params: Values, seed: number): Record<string, Tensor> {
  for (const [name, value] of Object.entries(checkObject(params, 'params')))
    checkValue('initialise', value, `params.${name}`);
  checkNumber(seed, SEED, 'seed');
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      const source = random(seed * 2 ** 20 + nameHash(name));
      const init = checkInit(initOf(value), name);
      return [name, tensor(draw(init, sizeOf(value.shape), source), value.shape)];
    }),
  );
}

function checkInit(init: Init | undefined, name: string): Init {
  if (init !== undefined) return init;
  throw new Error(
    `${name}: nothing says how it begins; make it by a scope, or by parameter() with { init: ones }`,
  );
}

function draw(init: Init, size: number, source: Random): Float32Array {
  const data = new Float32Array(size);
  // The system gives memory to zeros only when they are written, so an optimiser's first state is not.
  if (init.kind === 'constant') return init.value === 0 ? data : data.fill(init.value);
  for (let i = 0; i < size; i++) data[i] = drawOne(init, source);
  return data;
}

function drawOne(init: Exclude<Init, { readonly kind: 'constant' }>, source: Random): number {
  switch (init.kind) {
    case 'uniform':
      return (source.uniform() * 2 - 1) * init.bound;
    case 'normal':
      return source.normal() * init.std;
  }
}

function nameHash(name: string): number {
  let h = 0;
  for (const letter of name) h = (Math.imul(h, 31) + letter.charCodeAt(0)) >>> 0;
  return h;
}
