// A plot as a file of its own, for pages that show no HTML.

/** An SVG document of `body` on white; sizes in pixels. */
export function standaloneSvg(width: number, height: number, body: string): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
    `font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>${body}</svg>\n`
  );
}
