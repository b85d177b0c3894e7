// A model card as the Hugging Face hub reads it: Markdown with YAML in front.

import type { Figure, Measurement } from './reports.js';

export interface Card {
  readonly name: string;
  /** What it is, in words. */
  readonly title?: string;
  readonly license?: string;
  /** What it was made from: an id of the hub, or a name. */
  readonly base?: string;
  /** What `--model` takes to open it. */
  readonly model: string;
  readonly parameters?: number;
  /** Modules of plugins and detectors that it declares; undefined where its directory was not seen. */
  readonly plugins?: readonly string[];
  readonly detectors: { readonly guides?: string; readonly judges?: string };
  /** Words that it knows; undefined: any. */
  readonly words?: number;
  /** Pixels of its pictures. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly training?: readonly string[];
  readonly measurements: readonly Measurement[];
}

/** Identifiers of licences that the hub knows; others are `other`, with their name. */
const LICENSES = [
  ...['apache-2.0', 'mit', 'openrail', 'creativeml-openrail-m', 'openrail++', 'bsd-3-clause', 'bsd-2-clause'],
  ...[
    'cc-by-4.0',
    'cc-by-sa-4.0',
    'cc-by-nc-4.0',
    'cc-by-nc-sa-4.0',
    'cc0-1.0',
    'gpl-2.0',
    'gpl-3.0',
    'agpl-3.0',
  ],
  ...['lgpl-3.0', 'mpl-2.0', 'unlicense', 'wtfpl', 'isc'],
];

/** The whole text of the card. Figures that were not measured are left out. */
export function cardMarkdown(card: Card): string {
  const sections = [
    `# ${plain(card.name)}`,
    paragraph([
      card.title ? `${plain(sentence(card.title))}.` : '',
      'Text to pictures in which objects stand in the boxes that are asked for.',
      card.base === undefined ? '' : `Made from ${plain(card.base)}.`,
    ]),
    '## Use',
    `\`\`\`sh\nspatiallock generate --model ${card.model} --prompt "..." --object "...@0.1,0.3,0.6,0.9" --out picture.png\n\`\`\``,
    ...needs(card),
    '## Intended use',
    paragraph([
      'Pictures from a caption and objects in boxes, such as labelled pictures for detectors; look at them before they are used.',
      'It is not meant for pictures of real people or events, nor for anything that its licence excludes.',
    ]),
    '## Limits',
    ...limits(card),
    ...(card.training ? ['## Training', ...card.training.map((line) => `- ${plain(line)}`)] : []),
    ...(card.measurements.length > 0 ? ['## Figures', ...card.measurements.flatMap(figures)] : []),
    ...(card.license === undefined ? [] : ['## Licence', plain(card.license)]),
  ];
  return `${frontMatter(card)}\n${joined(sections)}`;
}

/** A text that Markdown reads as it stands. */
const plain = (text: string): string => text.replace(/[\r\n]+/g, ' ').replace(/[\\|`<>*_[\]]/g, '\\$&');

/** A text that begins with a capital. */
const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const paragraph = (parts: readonly string[]): string => parts.filter((part) => part !== '').join(' ');

/** Blocks with an empty line between them, but for the points of a list. */
function joined(blocks: readonly string[]): string {
  const isPoint = (text: string | undefined): boolean => text?.startsWith('- ') ?? false;
  return blocks
    .map((block, i) => `${block}\n${isPoint(block) && isPoint(blocks[i + 1]) ? '' : '\n'}`)
    .join('')
    .replace(/\n+$/, '\n');
}

function needs({ plugins = [], detectors, parameters }: Card): string[] {
  return [
    ...plugins.map((module) => `- plugin \`${module}\``),
    ...(detectors.guides === undefined ? [] : [`- guided by the detector \`${detectors.guides}\``]),
    ...(detectors.judges === undefined ? [] : [`- judged by the detector \`${detectors.judges}\``]),
    ...(parameters === undefined ? [] : [`- ${parameters.toLocaleString('en')} parameters`]),
  ];
}

function limits({ words, size, measurements }: Card): string[] {
  const judges = [...new Set(measurements.flatMap(({ detector }) => detector ?? []))];
  return [
    ...(words === undefined ? [] : [`- It knows ${words} words; others are refused.`]),
    ...(size === undefined ? [] : [`- It paints ${size.width} x ${size.height} pixels.`]),
    '- A layout holds at most 30 objects.',
    '- A detector judges class and place; no figure here says that colours, counts or other words are right.',
    ...judges.map(
      (name) => `- What ${plain(name)} does not see counts as missing: its own errors are in these figures.`,
    ),
  ];
}

function figures({ title, detector, images, how, figures: all }: Measurement): string[] {
  if (all.length === 0) return [];
  const bounded = all.some(({ bound }) => bound !== undefined);
  const row = ({ name, value, bound }: Figure): string =>
    `| ${name} | ${value.toFixed(3)} |${bounded ? ` ${bound === undefined ? '' : bound.toFixed(3)} |` : ''}`;
  const made = [
    images === undefined
      ? ''
      : `pictures of the folder ${plain(images)}, of which the report does not say what painted them`,
    detector === undefined ? '' : `judged by ${plain(detector)}`,
    plain(how),
  ].filter((part) => part !== '');
  const head = `| | pictures |${bounded ? ' real pictures |' : ''}\n|---|---|${bounded ? '---|' : ''}`;
  return [
    `### ${plain(title)}`,
    ...(made.length > 0 ? [sentence(made.join('; '))] : []),
    [head, ...all.map(row)].join('\n'),
  ];
}

/** Each value stands as JSON, which is YAML. */
function frontMatter(card: Card): string {
  const { name, license, base, plugins, measurements } = card;
  const id = license?.toLowerCase();
  const licence: Readonly<Record<string, unknown>> =
    license === undefined
      ? {}
      : LICENSES.includes(id!)
        ? { license: id }
        : { license: 'other', license_name: license };
  const results = measurements
    .filter(({ images, figures: all }) => images === undefined && all.length > 0)
    .map(({ title, figures: all }) => ({
      task: { type: 'text-to-image', name: 'Text to image' },
      dataset: { type: 'layouts', name: title },
      metrics: all.map(({ type, name: metric, value }) => ({ type, name: metric, value })),
    }));
  const fields = {
    ...licence,
    ...(base === undefined ? {} : { base_model: base }),
    ...(plugins === undefined ? {} : { library_name: plugins.length > 0 ? 'spatiallock' : 'diffusers' }),
    pipeline_tag: 'text-to-image',
    tags: ['layout-to-image', 'spatiallock'],
    ...(results.length > 0 ? { 'model-index': [{ name, results }] } : {}),
  };
  const lines = Object.entries(fields).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  return `---\n${lines.join('')}---\n`;
}
