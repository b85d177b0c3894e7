// Both losses once more, in loops over numbers, written from the papers and apart from the package's own code.

export interface Grid {
  readonly height: number;
  readonly width: number;
}

/** Attention of one layer: heads, rows, columns, tokens. */
export type Attention = readonly (readonly (readonly (readonly number[])[])[])[];

export type Corners = readonly [x0: number, y0: number, x1: number, y1: number];

/** First cell and the one behind the last of an interval, corners rounded; the middle cell where nothing is left. */
export function cellsOf(from: number, to: number, side: number): readonly [number, number] {
  const rounded = (corner: number): number => Math.abs(Math.ceil(corner * side - 0.5));
  const [first, end] = [rounded(from), rounded(to)];
  if (end - first >= 1 && (to - from) * side >= 1) return [first, end];
  const middle = Math.ceil(((from + to) / 2) * side) - 1;
  return [middle, middle + 1];
}

function isInside([x0, y0, x1, y1]: Corners, { height, width }: Grid, row: number, column: number): boolean {
  const [left, right] = cellsOf(x0, x1, width);
  const [top, bottom] = cellsOf(y0, y1, height);
  return column >= left && column < right && row >= top && row < bottom;
}

/** Layout guidance's energy of one object. */
export function plainLayout(attention: Attention, tokens: readonly number[], boxes: readonly Corners[]) {
  let energy = 0;
  for (const token of tokens) {
    for (const rows of attention) {
      const grid = { height: rows.length, width: rows[0]!.length };
      let [inside, total] = [0, 0];
      rows.forEach((cells, row) => {
        cells.forEach((each, column) => {
          const paid = each[token]!;
          total += paid;
          if (boxes.some((box) => isInside(box, grid, row, column))) inside += paid;
        });
      });
      energy += (1 - inside / total) ** 2 / attention.length;
    }
  }
  return energy / tokens.length;
}

/** What BoxDiff makes of attention: tokens compete anew, the object's own are averaged, the map is smoothed. */
export function plainMap(
  attention: Attention,
  tokens: readonly number[],
  competing: readonly number[],
): number[][] {
  const height = attention[0]!.length;
  const width = attention[0]![0]!.length;
  const at = (row: number, column: number, token: number): number =>
    attention.reduce((sum, rows) => sum + rows[row]![column]![token]!, 0) / attention.length;
  const share = (row: number, column: number, token: number): number => {
    const all = competing.reduce((sum, other) => sum + Math.exp(100 * at(row, column, other)), 0);
    return Math.exp(100 * at(row, column, token)) / all;
  };
  const raw = Array.from({ length: height }, (_, row) =>
    Array.from(
      { length: width },
      (_, column) => tokens.reduce((sum, token) => sum + share(row, column, token), 0) / tokens.length,
    ),
  );
  const mirror = (i: number, side: number): number => {
    const reflected = i < 0 ? -i : i >= side ? 2 * (side - 1) - i : i;
    return side === 1 ? 0 : reflected;
  };
  const kernel = (offset: number): number => Math.exp(-((offset / (2 * 0.5)) ** 2));
  return raw.map((cells, row) =>
    cells.map((_, column) => {
      let [sum, weights] = [0, 0];
      for (const dy of [-1, 0, 1]) {
        for (const dx of [-1, 0, 1]) {
          const weight = kernel(dy) * kernel(dx);
          weights += weight;
          sum += weight * raw[mirror(row + dy, height)]![mirror(column + dx, width)]!;
        }
      }
      return sum / weights;
    }),
  );
}

/** The mean of the largest values; as many as the share says, but at least one. */
export function plainTop(values: readonly number[], share: number): number {
  const count = Math.max(1, Math.floor(values.length * share + 1e-4));
  if (values.length === 0) return 0;
  const largest = [...values].sort((a, b) => b - a).slice(0, count);
  return largest.reduce((sum, value) => sum + value, 0) / largest.length;
}

/** BoxDiff's loss of one object; `boxes` are those of all objects with its tokens. */
export function plainBoxDiff(
  map: readonly (readonly number[])[],
  own: Corners,
  boxes: readonly Corners[],
  P: number,
  L: number,
): number {
  const grid = { height: map.length, width: map[0]!.length };
  const wanted = map.map((cells, row) =>
    cells.map((_, column) => (boxes.some((box) => isInside(box, grid, row, column)) ? 1 : 0)),
  );
  const [inside, outside]: [number[], number[]] = [[], []];
  map.forEach((cells, row) => {
    cells.forEach((value, column) => {
      (wanted[row]![column] === 1 ? inside : outside).push(value);
    });
  });
  const columnsOf = (rows: readonly (readonly number[])[]) =>
    rows[0]!.map((_, x) => rows.map((row) => row[x]!));
  const edge = (
    lines: readonly (readonly number[])[],
    truth: readonly (readonly number[])[],
    ends: readonly number[],
  ) =>
    lines.reduce((sum, line, i) => {
      const isNear = ends.some((end) => Math.abs(i - end) <= L);
      return isNear ? sum + Math.abs(Math.max(...line) - Math.max(...truth[i]!)) : sum;
    }, 0) / lines.length;
  const [x0, y0, x1, y1] = own;
  return (
    1 -
    plainTop(inside, P) +
    plainTop(outside, P) +
    edge(columnsOf(map), columnsOf(wanted), cellsOf(x0, x1, grid.width)) +
    edge(map, wanted, cellsOf(y0, y1, grid.height))
  );
}
