import { checkList, showValue } from '../checks/index.js';

/**
 * Optimal one-to-one assignment: the pairing of rows with columns that has the least total cost.
 *
 * `cost[row][column]` are finite numbers, all rows of one length. Returns the column of each row; where there are
 * more rows than columns, the rows left over hold -1. Takes O(min^2 * max) time.
 * Source: the Hungarian method with shortest augmenting paths (Jonker and Volgenant 1987).
 */
export function assign(cost: readonly (readonly number[])[]): number[] {
  checkCosts(cost);
  const rows = cost.length;
  const [first = []] = cost;
  const columns = first.length;
  if (columns === 0) return new Array<number>(rows).fill(-1);
  if (rows <= columns) return assignWide(rows, columns, (row, column) => cost[row][column]);
  const rowOfColumn = assignWide(columns, rows, (column, row) => cost[row][column]);
  const columnOfRow = new Array<number>(rows).fill(-1);
  rowOfColumn.forEach((row, column) => {
    columnOfRow[row] = column;
  });
  return columnOfRow;
}

/** NaN is never the least cost, so the search would not end. */
function checkCosts(cost: unknown): void {
  const rows = checkList(cost, 'cost', 'rows');
  for (const [i, row] of rows.entries()) {
    const numbers = checkList(row, `cost[${i}]`, 'numbers');
    const wrong = numbers.findIndex((n) => !Number.isFinite(n));
    if (wrong >= 0)
      throw new Error(`cost[${i}][${wrong}]: must be a finite number, not ${showValue(numbers[wrong])}`);
    const { length } = rows[0] as readonly unknown[];
    if (numbers.length !== length) {
      throw new Error(`cost[${i}]: must hold ${length} numbers as the rows before it, not ${numbers.length}`);
    }
  }
}

/** Assigns every row, given no more rows than columns. Index 0 of each array stands for "none". */
function assignWide(rows: number, columns: number, cost: (row: number, column: number) => number): number[] {
  const rowPotential = new Float64Array(rows + 1);
  const columnPotential = new Float64Array(columns + 1);
  const rowOf = new Int32Array(columns + 1);
  const previous = new Int32Array(columns + 1);

  for (let row = 1; row <= rows; row++) {
    const slack = new Float64Array(columns + 1).fill(Infinity);
    const visited = new Uint8Array(columns + 1);
    rowOf[0] = row;
    let column = 0;
    do {
      visited[column] = 1;
      const from = rowOf[column];
      let delta = Infinity;
      let next = 0;
      for (let j = 1; j <= columns; j++) {
        if (visited[j]) continue;
        const reduced = cost(from - 1, j - 1) - rowPotential[from] - columnPotential[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j] < delta) {
          delta = slack[j];
          next = j;
        }
      }
      for (let j = 0; j <= columns; j++) {
        if (visited[j]) {
          rowPotential[rowOf[j]] += delta;
          columnPotential[j] -= delta;
        } else {
          slack[j] -= delta;
        }
      }
      column = next;
    } while (rowOf[column] !== 0);
    while (column !== 0) {
      rowOf[column] = rowOf[previous[column]];
      column = previous[column];
    }
  }

  const columnOfRow = new Array<number>(rows).fill(-1);
  for (let j = 1; j <= columns; j++) if (rowOf[j] !== 0) columnOfRow[rowOf[j] - 1] = j - 1;
  return columnOfRow;
}
