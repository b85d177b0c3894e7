// Layouts as users give them, checked against the model.

import { messageOf } from '../checks/index.js';
import type { LayoutFields } from '../plugin/layoutFields.js';
import type { Plugin } from '../plugin/plugin.js';
import { requireSynchronous } from '../plugin/requireSynchronous.js';
import { phraseFinder } from './callContext.js';
import { type Layout, objectLists, parseLayout } from './layout.js';
import { pictureSize, type SizeRules } from './pictureSize.js';
import { promptParts } from './promptTokens.js';
import type { PromptWeighting } from './promptWeighting.js';
import { inKnownSpelling } from './spelling.js';
import type { ClipTokenizer } from './tokenizer.js';
import { checkLengths } from './warnings.js';
import { checkWords } from './words.js';

export interface LayoutChecks {
  readonly words?: readonly string[];
  readonly tokenizer: ClipTokenizer;
  /** Whether a plugin holds objects to their boxes. */
  readonly grounded: boolean;
  /** Fields of plugins. */
  readonly fields: readonly LayoutFields[];
  /** They check layouts in turn. */
  readonly plugins: readonly Plugin[];
  readonly sizes: SizeRules;
}

export interface CheckedLayout {
  readonly layout: Layout;
  readonly warnings: readonly string[];
}

/** Throws an error that names the layout and its field. `weighting`: as whom weights in prompts are read. */
export function checkLayouts(
  given: unknown,
  checks: LayoutChecks,
  weighting: PromptWeighting | false = false,
): readonly CheckedLayout[] {
  if (!Array.isArray(given)) return [checkLayout(given, checks, weighting)];
  if (given.length === 0) throw new Error('layouts: is empty; give at least one layout');
  const place = (i: number) => (given.length === 1 ? '' : `layouts[${i}]: `);
  return Array.from(given, (layout: unknown, i) => {
    try {
      const checked = checkLayout(layout, checks, weighting);
      return { ...checked, warnings: checked.warnings.map((warning) => place(i) + warning) };
    } catch (cause) {
      throw new Error(`layouts[${i}]: ${messageOf(cause)}`, { cause });
    }
  });
}

function checkLayout(
  given: unknown,
  { words, tokenizer, grounded, fields, plugins, sizes }: LayoutChecks,
  weighting: PromptWeighting | false,
): CheckedLayout {
  const parsed = parseLayout(given, [], fields);
  const layout = words ? inKnownSpelling(parsed, words, objectLists(parsed, fields)) : parsed;
  if (layout.objects.length > 0 && !grounded) {
    throw new Error(
      'objects: no plugin of this pipeline holds objects to their boxes; give one that does in `plugins`, or no objects',
    );
  }
  pictureSize([layout], {}, sizes);
  const lists = objectLists(layout, fields);
  const warnings = checkLengths(layout, lists, tokenizer, weighting);
  if (words) checkWords(withoutWeights(layout, weighting), words, lists);
  const context = { tokenizer, phraseTokens: phraseFinder(tokenizer, weighting) };
  for (const plugin of plugins) {
    requireSynchronous(plugin.checkLayout?.(layout, context), `plugin ${plugin.name}: checkLayout`);
  }
  return { layout, warnings };
}

/** The layout with the words of its prompts alone. */
function withoutWeights(layout: Layout, weighting: PromptWeighting | false): Layout {
  if (weighting === false) return layout;
  const wordsOf = (text: string, field: string): string =>
    promptParts(text, weighting, field)
      .map((part) => part.text)
      .join(' ');
  const { prompt, negativePrompt } = layout;
  return {
    ...layout,
    prompt: wordsOf(prompt, 'prompt'),
    ...(negativePrompt === undefined ? {} : { negativePrompt: wordsOf(negativePrompt, 'negativePrompt') }),
  };
}
