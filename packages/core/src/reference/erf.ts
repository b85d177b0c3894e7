const SERIES_END = 6;

/**
 * The error function, to about 1e-15.
 * Kummer's series 2 / sqrt(pi) * exp(-x^2) * sum of (2 x^2)^n x / (2n + 1)!!, whose terms never cancel.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > SERIES_END) return Math.sign(x);
  const step = 2 * x * x;
  let term = x;
  let total = x;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(total); odd += 2) {
    term *= step / odd;
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}
