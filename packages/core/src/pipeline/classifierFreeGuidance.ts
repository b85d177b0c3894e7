// Classifier-free guidance of predictions, and the rescaling that keeps high scales from oversaturated colours.

/** u + scale (c - u), for scales above 1 (arXiv 2207.12598). `output`: unconditional predictions, then as many conditional ones. */
export function guided(output: Float32Array, scale: number): Float32Array {
  const size = output.length / 2;
  const result = new Float32Array(size);
  for (let i = 0; i < size; i++) result[i] = output[i] + scale * (output[size + i] - output[i]);
  return result;
}

/**
 * Gives each guided prediction the standard deviation of its conditional one, by the share `rescale` of 0..1 (Lin et al.,
 * arXiv 2305.08891, section 3.4; `guidance_rescale` of diffusers). Both arrays hold `pictures` predictions.
 */
export function rescaled(
  predictions: Float32Array,
  conditional: Float32Array,
  pictures: number,
  rescale: number,
): Float32Array {
  const size = predictions.length / pictures;
  const result = new Float32Array(predictions.length);
  for (let from = 0; from < predictions.length; from += size) {
    const own = predictions.subarray(from, from + size);
    const contrast = std(own);
    // A prediction without any contrast has none to lose.
    const ratio = contrast > 0 ? std(conditional.subarray(from, from + size)) / contrast : 1;
    const factor = rescale * ratio + 1 - rescale;
    for (let i = 0; i < size; i++) result[from + i] = own[i] * factor;
  }
  return result;
}

/** Population standard deviation. */
function std(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
