import { checkKeys, checkText } from '@spatiallock/core/checks';
import { checkLabelledImage } from './checkLabelled.js';
import type { LabelledImage } from './labelled.js';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML 1.0 has no control characters but tab and line ends. */
const isAllowed = (letter: string): boolean => letter >= ' ' || '\t\n\r'.includes(letter);

const escaped = (text: string): string =>
  Array.from(text)
    .filter(isAllowed)
    .map((letter) => escapes[letter] ?? letter)
    .join('');

/** Where a picture comes from, as VOC's `source` has it. */
export interface VocSource {
  readonly database: string;
  /** What VOC writes "flickr" in; here the licence, say. */
  readonly image?: string;
}

/**
 * The annotation of one picture as Pascal VOC has it: an XML file whose boxes are whole pixels, counted from 1, both edges
 * included (The PASCAL VOC development kit 2012, section 2.2). A box keeps at least one pixel.
 */
export function writeVoc(
  image: LabelledImage,
  folder: string,
  options: { readonly source?: VocSource } = {},
): string {
  checkLabelledImage(image, 'image');
  checkText(folder, 'folder', 'the name of a folder');
  const { source } = checkKeys(options, ['source'], 'options') as { readonly source?: VocSource };
  const { fileName, width, height, objects } = image;
  const parts = objects.map(({ label, box: [x0, y0, x1, y1] }) => {
    const [left, right] = edges(x0 * width, x1 * width, width);
    const [top, bottom] = edges(y0 * height, y1 * height, height);
    const truncated = x0 <= 0 || y0 <= 0 || x1 >= 1 || y1 >= 1 ? 1 : 0;
    return [
      '  <object>',
      `    <name>${escaped(label)}</name>`,
      '    <pose>Unspecified</pose>',
      `    <truncated>${truncated}</truncated>`,
      '    <difficult>0</difficult>',
      '    <bndbox>',
      `      <xmin>${left}</xmin>`,
      `      <ymin>${top}</ymin>`,
      `      <xmax>${right}</xmax>`,
      `      <ymax>${bottom}</ymax>`,
      '    </bndbox>',
      '  </object>',
    ].join('\n');
  });
  return `${[
    '<annotation>',
    `  <folder>${escaped(folder)}</folder>`,
    `  <filename>${escaped(fileName)}</filename>`,
    ...(source === undefined ? [] : sourceLines(source)),
    `  <size>\n    <width>${width}</width>\n    <height>${height}</height>\n    <depth>3</depth>\n  </size>`,
    '  <segmented>0</segmented>',
    ...parts,
    '</annotation>',
  ].join('\n')}\n`;
}

function sourceLines(source: VocSource): string[] {
  const { database, image } = checkKeys(source, ['database', 'image'], 'options.source');
  const named = checkText(database, 'options.source.database');
  const lines = [`    <database>${escaped(named)}</database>`];
  if (image !== undefined)
    lines.push(`    <image>${escaped(checkText(image, 'options.source.image'))}</image>`);
  return ['  <source>', ...lines, '  </source>'];
}

/** First and last pixel, from 1. */
function edges(start: number, end: number, side: number): [number, number] {
  const first = Math.min(side, Math.max(1, Math.round(start) + 1));
  return [first, Math.max(first, Math.min(side, Math.round(end)))];
}
