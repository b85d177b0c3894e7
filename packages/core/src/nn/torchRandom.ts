// Normal numbers as PyTorch draws them on the CPU: the Mersenne Twister and the two transforms of torch.randn.

const WORDS = 624;
const SHIFT = 397;
const BLOCK = 16;
const TURN = Math.fround(2 * Math.PI);

/** The generator MT19937 (Matsumoto and Nishimura 1998) from the low 32 bits of a seed: 32 random bits a call, unsigned. */
export function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(WORDS);
  state[0] = seed >>> 0;
  for (let i = 1; i < WORDS; i++) {
    const before = state[i - 1] as number;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  let next = WORDS;
  return () => {
    if (next === WORDS) {
      refill(state);
      next = 0;
    }
    let word = state[next++] as number;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}

function refill(state: Uint32Array): void {
  for (let i = 0; i < WORDS; i++) {
    const mixed = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % WORDS] as number) & 0x7fffffff);
    const shifted = (state[(i + SHIFT) % WORDS] as number) ^ (mixed >>> 1);
    state[i] = mixed & 1 ? shifted ^ 0x9908b0df : shifted;
  }
}

/** Draws standard normal numbers, each call going on where the last one ended. */
export interface TorchGenerator {
  /** As many standard normal numbers as torch.randn gives for this size on the CPU. */
  randn(size: number): Float32Array;
}

/**
 * `torch.Generator('cpu').manual_seed(seed)`: `randn(size)` gives what `torch.randn` of that many float32 numbers
 * gives, but for the last bit or two of a number (3e-7).
 *
 * Below 16 numbers torch draws pairs in double precision and keeps the second for the next short draw; from 16 on it
 * draws blocks of 16 and, where the size is no multiple of 16, the last 16 numbers again.
 *
 * @param seed a whole number of -2^63 .. 2^64 - 1, as a bigint where it is no safe integer; as in torch, only its low 32
 *   bits count. Throws for any other.
 */
export function torchGenerator(seed: number | bigint): TorchGenerator {
  const next = mersenneTwister(lowWord(seed));
  let spare: number | undefined;

  // 53 of 64 bits, the first word above the second.
  const double = (): number => {
    const high = next() % 2 ** 21;
    return (high * 2 ** 32 + next()) / 2 ** 53;
  };
  const single = (): number => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    const angle = 2 * Math.PI * double();
    const radius = Math.sqrt(-2 * Math.log1p(-double()));
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const uniform = (): number => (next() % 2 ** 24) / 2 ** 24;

  return {
    randn(size) {
      if (size < BLOCK) return Float32Array.from({ length: size }, single);
      const values = Float32Array.from({ length: size }, uniform);
      for (let from = 0; from + BLOCK <= size; from += BLOCK) toNormal(values.subarray(from, from + BLOCK));
      if (size % BLOCK !== 0) {
        const last = values.subarray(size - BLOCK);
        last.set(Float32Array.from({ length: BLOCK }, uniform));
        toNormal(last);
      }
      return values;
    },
  };
}

/**
 * Box and Muller's transform of a block in place: the first half gives the radii, the second the angles. Every result is
 * rounded to float32, as in torch: a rounded angle alone moves a number by 4e-7.
 */
function toNormal(block: Float32Array): void {
  const { fround } = Math;
  const half = BLOCK / 2;
  for (let i = 0; i < half; i++) {
    const radius = fround(Math.sqrt(-2 * fround(Math.log(1 - (block[i] as number)))));
    const angle = fround(TURN * (block[i + half] as number));
    block[i] = radius * fround(Math.cos(angle));
    block[i + half] = radius * fround(Math.sin(angle));
  }
}

function lowWord(seed: number | bigint): number {
  const whole = typeof seed === 'bigint' || Number.isSafeInteger(seed) ? BigInt(seed) : undefined;
  if (whole === undefined || whole < -(2n ** 63n) || whole >= 2n ** 64n) {
    throw new Error(
      `seed: must be a whole number of -2^63 to 2^64 - 1 (as a bigint beyond 2^53), not ${String(seed)}`,
    );
  }
  return Number(BigInt.asUintN(32, whole));
}
