// The quantiles of the beta distribution.

/**
 * The x of 0 .. 1 at which the beta distribution's share below x is `share` (0 .. 1), by bisection of the regularised
 * incomplete beta function.
 */
export function betaQuantile(share: number, alpha: number, beta: number): number {
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  // Near 1 the complement keeps the digits.
  if (share > 0.5) return 1 - betaQuantile(1 - share, beta, alpha);
  let [low, high] = [0, 1];
  for (let i = 0; i < 100 && high - low > 1e-16 * high; i++) {
    const middle = (low + high) / 2;
    if (betaShare(middle, alpha, beta) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularised incomplete beta function I_x(alpha, beta) for x between 0 and 1. */
function betaShare(x: number, alpha: number, beta: number): number {
  // The fraction converges fast on this side of the mean.
  if (x > (alpha + 1) / (alpha + beta + 2)) return 1 - betaShare(1 - x, beta, alpha);
  const logFront =
    alpha * Math.log(x) +
    beta * Math.log1p(-x) +
    logGamma(alpha + beta) -
    logGamma(alpha) -
    logGamma(beta) -
    Math.log(alpha);
  return Math.exp(logFront) / continuedFraction(x, alpha, beta);
}

// Abramowitz and Stegun, 26.5.8, from the innermost term out.
function continuedFraction(x: number, alpha: number, beta: number): number {
  let fraction = 1;
  for (let term = 120; term >= 1; term--) {
    const m = Math.floor(term / 2);
    const numerator =
      term % 2 === 0
        ? (m * (beta - m) * x) / ((alpha + 2 * m - 1) * (alpha + 2 * m))
        : (-(alpha + m) * (alpha + beta + m) * x) / ((alpha + 2 * m) * (alpha + 2 * m + 1));
    fraction = 1 + numerator / fraction;
  }
  return fraction;
}

/** The logarithm of the gamma function for x > 0, by Stirling's series after shifting x up. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 12; z++) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series = 1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680));
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series / z - shift;
}
