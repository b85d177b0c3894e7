// AdamW with clipping and a moving average, in loops over plain numbers (arXiv 1711.05101, algorithm 2).

export interface PlainOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly ema: number;
  readonly rate: (step: number) => number;
}

export interface PlainParameter {
  readonly values: number[];
  /** Matrices decay, biases do not. */
  readonly decays: boolean;
}

export function plainAdamW(params: Readonly<Record<string, PlainParameter>>, options: PlainOptions) {
  const { beta1, beta2, epsilon, weightDecay, clipNorm, ema } = options;
  const zerosLike = () =>
    Object.fromEntries(Object.entries(params).map(([name, { values }]) => [name, values.map(() => 0)]));
  const [means, squares, averages] = [zerosLike(), zerosLike(), zerosLike()];
  let t = 0;

  /** Moves all parameters by one step; gives the norm of the gradients before clipping. */
  const step = (gradients: Readonly<Record<string, readonly number[]>>): number => {
    t++;
    const all = Object.values(gradients).flat();
    const norm = Math.sqrt(all.reduce((sum, g) => sum + g * g, 0));
    const factor = norm > clipNorm ? clipNorm / norm : 1;
    const rate = options.rate(t);
    const kept = Math.min(ema, t / (t + 9));
    for (const [name, { values, decays }] of Object.entries(params)) {
      for (const [i, raw] of gradients[name].entries()) {
        const g = raw * factor;
        means[name][i] = beta1 * means[name][i] + (1 - beta1) * g;
        squares[name][i] = beta2 * squares[name][i] + (1 - beta2) * g * g;
        const mean = means[name][i] / (1 - beta1 ** t);
        const square = squares[name][i] / (1 - beta2 ** t);
        const decay = decays ? weightDecay * values[i] : 0;
        values[i] -= rate * (mean / (Math.sqrt(square) + epsilon) + decay);
        averages[name][i] = kept * averages[name][i] + (1 - kept) * values[i];
      }
    }
    return norm;
  };
  return { step, averages };
}

/** Loss and gradients of mean((x weight + bias - y)^2), by hand. */
export function plainRegression(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weight: readonly number[],
  bias: readonly number[],
): { loss: number; gradients: { weight: number[]; bias: number[] } } {
  const outputs = bias.length;
  const inputs = weight.length / outputs;
  const rows = y.length / outputs;
  const gradients = { weight: weight.map(() => 0), bias: bias.map(() => 0) };
  let loss = 0;
  for (let n = 0; n < rows; n++) {
    for (let o = 0; o < outputs; o++) {
      let error = bias[o] - y[n * outputs + o];
      for (let i = 0; i < inputs; i++) error += x[n * inputs + i] * weight[i * outputs + o];
      loss += error ** 2 / y.length;
      const slope = (2 * error) / y.length;
      gradients.bias[o] += slope;
      for (let i = 0; i < inputs; i++) gradients.weight[i * outputs + o] += slope * x[n * inputs + i];
    }
  }
  return { loss, gradients };
}
