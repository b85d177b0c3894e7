// The Frechet distance between two sets of feature vectors, as if both were normally distributed.

export type Vectors = readonly ArrayLike<number>[];
type Matrix = Float64Array[];

/**
 * |m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2)) (Dowson and Landau 1982), with covariances over n: at least 0, and 0
 * for equal sets. Biased upwards where vectors are few: compare sets of one size only. Called FID only on Inception's
 * features (arXiv 1706.08500); these are of another network.
 */
export function frechetDistance(a: Vectors, b: Vectors): number {
  if (a.length < 2 || b.length < 2)
    throw new Error('frechetDistance: needs at least two vectors on each side');
  const [first, second] = [moments(a), moments(b)];
  const gap = first.mean.reduce((sum, value, i) => sum + (value - second.mean[i]!) ** 2, 0);
  const root = squareRoot(first.covariance);
  // (C1 C2)^(1/2) has the trace of (C1^(1/2) C2 C1^(1/2))^(1/2), which is symmetric.
  const inner = product(product(root, second.covariance), root);
  const shared = eigen(inner).values.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, gap + trace(first.covariance) + trace(second.covariance) - 2 * shared);
}

function moments(vectors: Vectors): { readonly mean: Float64Array; readonly covariance: Matrix } {
  const size = vectors[0]!.length;
  const mean = new Float64Array(size);
  for (const vector of vectors) for (let i = 0; i < size; i++) mean[i]! += vector[i]! / vectors.length;
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  for (const vector of vectors) {
    for (let i = 0; i < size; i++) {
      const scaled = (vector[i]! - mean[i]!) / vectors.length;
      for (let j = 0; j < size; j++) covariance[i]![j]! += scaled * (vector[j]! - mean[j]!);
    }
  }
  return { mean, covariance };
}

const trace = (matrix: Matrix): number => matrix.reduce((sum, row, i) => sum + row[i]!, 0);

function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => {
    const out = new Float64Array(row.length);
    row.forEach((value, k) => {
      for (let j = 0; j < out.length; j++) out[j]! += value * b[k]![j]!;
    });
    return out;
  });
}

/** The symmetric root of a symmetric matrix without negative eigenvalues. */
function squareRoot(matrix: Matrix): Matrix {
  const { values, vectors } = eigen(matrix);
  const roots = values.map((value) => Math.sqrt(Math.max(0, value)));
  return matrix.map((_, i) =>
    Float64Array.from(matrix, (_row, j) =>
      roots.reduce((sum, root, k) => sum + vectors[i]![k]! * root * vectors[j]![k]!, 0),
    ),
  );
}

const SWEEPS = 40;

/** Eigenvalues, and eigenvectors as columns, of a symmetric matrix: cyclic Jacobi rotations. */
export function eigen(matrix: Matrix): { readonly values: number[]; readonly vectors: Matrix } {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const vectors = matrix.map((_, i) => Float64Array.from(matrix, (_row, j) => (i === j ? 1 : 0)));
  const scale = Math.max(...a.map((row) => row.reduce((sum, value) => sum + Math.abs(value), 0)), 1e-300);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (Math.abs(a[p]![q]!) < 1e-15 * scale) continue;
        rotate(a, vectors, p, q);
        turned = true;
      }
    }
    if (!turned) break;
  }
  return { values: a.map((row, i) => row[i]!), vectors };
}

/** Turns rows and columns p and q so that a[p][q] becomes 0. */
function rotate(a: Matrix, vectors: Matrix, p: number, q: number): void {
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (const row of a) turn(row, p, q, c, s);
  const [rowP, rowQ] = [a[p]!, a[q]!];
  for (let k = 0; k < rowP.length; k++) {
    const [x, y] = [rowP[k]!, rowQ[k]!];
    rowP[k] = c * x - s * y;
    rowQ[k] = s * x + c * y;
  }
  for (const row of vectors) turn(row, p, q, c, s);
}

function turn(row: Float64Array, p: number, q: number, c: number, s: number): void {
  const [x, y] = [row[p]!, row[q]!];
  row[p] = c * x - s * y;
  row[q] = s * x + c * y;
}
