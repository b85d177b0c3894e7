// Seeded random numbers. They are made on the host: graphs hold none.

import { checkNumber, checkWhole } from '../checks/index.js';

/** A stream of random numbers. */
export interface Random {
  /** In 0..1, 1 excluded. */
  uniform(): number;
  /** Mean 0, std 1. */
  normal(): number;
  /** A whole number in 0..n-1. */
  int(n: number): number;
}

/** Mixes the bits of a 32-bit word (Murmur3's finaliser). */
function mix(word: number): number {
  let h = word >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * The sfc32 generator (Chris Doty-Humphrey, PractRand) from a state of three 32-bit words, its first `skipped` words left
 * out: each call gives 32 random bits as an unsigned integer, equal on every machine.
 */
export function sfc32(a: number, b: number, c: number, skipped: number): () => number {
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  // Neighbouring states differ in few bits; the first words would show it.
  for (let i = 0; i < skipped; i++) next();
  return next;
}

const SEEDS = { min: -Number.MAX_VALUE, max: Number.MAX_VALUE };
const SIZES = { min: 0, max: 2 ** 31 - 1 };

/** Random numbers that the seed alone decides. */
export function random(seed: number): Random {
  checkNumber(seed, SEEDS, 'seed');
  return fromWords(seed, seed / 2 ** 32);
}

/**
 * Random numbers that a seed and a stream decide, both whole numbers of 32 bits: what `random(seed * 2 ** 32 + stream)`
 * would give if numbers had room for it.
 */
export function randomStream(seed: number, stream: number): Random {
  checkNumber(seed, SEEDS, 'seed');
  checkNumber(stream, SEEDS, 'stream');
  return fromWords(stream, seed);
}

function fromWords(low: number, high: number): Random {
  const a = mix(low);
  const b = mix(high + 0x9e3779b9);
  const next = sfc32(a, b, mix(a ^ b), 12);
  let spare: number | undefined;
  const uniform = (): number => next() / 2 ** 32;
  return {
    uniform,
    int: (n) => Math.floor(uniform() * n),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** `size` standard normal numbers. */
export function normals(seed: number, size: number): Float32Array {
  checkWhole(size, SIZES, 'size');
  const source = random(seed);
  return Float32Array.from({ length: size }, () => source.normal());
}
