// The functions phi of exponential integrators, exact also for short steps.

/**
 * phi_k(z) = the sum over j of z^j / (j + k)!, so phi_1(z) = (e^z - 1) / z, phi_2(z) = (phi_1(z) - 1) / z, and so on.
 * `k` is 1 to 4.
 */
export function phi(k: number, z: number): number {
  // The closed form subtracts nearly equal numbers there.
  if (Math.abs(z) < 1) return series(k, z);
  let value = Math.expm1(z) / z;
  let factorial = 1;
  for (let order = 2; order <= k; order++) {
    value = (value - 1 / factorial) / z;
    factorial *= order;
  }
  return value;
}

function series(k: number, z: number): number {
  let term = 1;
  for (let i = 2; i <= k; i++) term /= i;
  let total = 0;
  for (let j = 1; j <= 20; j++) {
    total += term;
    term *= z / (j + k);
  }
  return total;
}

/**
 * What a step of length `h` in log(signal / noise) takes of the prediction, its slope and its curvature: h * phi_k(-h)
 * for k = 1, 2, 3. h may be infinite: [1, 1, 1 / 2].
 */
export function stepWeights(h: number): readonly [value: number, slope: number, curvature: number] {
  if (h === Number.POSITIVE_INFINITY) return [1, 1, 1 / 2];
  return [-Math.expm1(-h), h * phi(2, -h), h * phi(3, -h)];
}
