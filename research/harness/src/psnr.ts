// How near a picture is to another.

/**
 * The peak signal-to-noise ratio of pictures as bytes of the same length, in dB: 10 log10(255^2 / mean squared error); infinite where they
 * are equal.
 */
export function psnr(a: Uint8Array | Uint8ClampedArray, b: Uint8Array | Uint8ClampedArray): number {
  if (a.length !== b.length)
    throw new Error(`psnr: ${a.length} and ${b.length} bytes; give pictures of one size`);
  let sum = 0;
  for (const [i, value] of a.entries()) sum += (value - b[i]!) ** 2;
  return 10 * Math.log10(255 ** 2 / (sum / a.length));
}
