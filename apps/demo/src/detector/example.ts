// The plugin that the page begins with: whole, short, and good enough to find things before a plain ground.

export const exampleDetector = `// A detector is an object with \`labels\` and \`detect\`. The picture is 8-bit RGB,
// row by row; boxes are corners x0, y0, x1, y1 in fractions of the picture, 0..1.
// This one has learnt nothing: it takes for a thing whatever differs in colour from
// the edges of its row, and hangs together.

const DIFFERENCE = 60;
const SMALLEST = 0.01;

export default {
  labels: ['thing'],

  async detect({ width, height, data }) {
    const at = (x, y) => 3 * (y * width + x);
    const far = (i, [r, g, b]) =>
      Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) > DIFFERENCE;

    const isThing = new Uint8Array(width * height);
    for (let y = 0; y < height; y++) {
      const edges = [0, 1, width - 2, width - 1].map((x) => at(x, y));
      const ground = [0, 1, 2].map((c) => edges.reduce((sum, i) => sum + data[i + c], 0) / 4);
      for (let x = 0; x < width; x++) isThing[y * width + x] = far(at(x, y), ground) ? 1 : 0;
    }

    const found = [];
    for (let start = 0; start < isThing.length; start++) {
      if (!isThing[start]) continue;
      let [x0, y0, x1, y1, area] = [width, height, 0, 0, 0];
      const open = [start];
      isThing[start] = 0;
      while (open.length > 0) {
        const p = open.pop();
        const [x, y] = [p % width, Math.floor(p / width)];
        [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
        area++;
        const next = [x > 0 && p - 1, x < width - 1 && p + 1, y > 0 && p - width, y < height - 1 && p + width];
        for (const q of next) {
          if (q === false || !isThing[q]) continue;
          isThing[q] = 0;
          open.push(q);
        }
      }
      if (area < SMALLEST * width * height) continue;
      const box = [x0 / width, y0 / height, x1 / width, y1 / height];
      found.push({ label: 'thing', score: area / ((x1 - x0) * (y1 - y0)), box });
    }
    return found;
  },
};
`;
