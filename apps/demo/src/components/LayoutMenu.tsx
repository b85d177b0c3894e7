import { messageOf } from '@spatiallock/core';
import { downloadJson } from '../pictures/paint.js';
import { type Drawing, drawingOf, emptyDrawing, layoutOf } from '../state/drawing.js';
import { examples } from '../state/examples.js';
import { linkHash, sharedOf } from '../state/link.js';
import { say } from '../state/notices.js';
import { shownId } from '../state/shots.js';
import { drawing, hindrance, open, setSetting, settings } from '../state/studio.js';
import { FileButton } from './controls.js';
import { Icon } from './icons.js';
import { Thumbnail } from './Thumbnail.js';

/** Another drawing on an empty canvas, brought into sight. */
function show(given: Drawing, seed?: number): void {
  open(given);
  if (seed !== undefined) setSetting('seed', seed);
  shownId.value = undefined;
  document.querySelector('.stage')?.scrollIntoView({ block: 'nearest' });
}

async function importFile(file: File): Promise<void> {
  try {
    const { layout, seed, fault } = sharedOf(JSON.parse((await file.text()).replace(/^\uFEFF/, '')));
    show(drawingOf(layout), seed);
    if (fault) say('error', `${file.name}: ${fault}`);
    else say('info', `${file.name} is open; undo brings back what was here.`);
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : messageOf(cause);
    say('error', `${file.name}: ${why}`);
  }
}

const asked = () => ({ ...layoutOf(drawing.value), seed: settings.value.seed });

async function copyLink(): Promise<void> {
  const { seed, ...layout } = asked();
  const address = `${location.origin}${location.pathname}#${linkHash({ layout, seed })}`;
  try {
    await navigator.clipboard.writeText(address);
    say('info', 'The link is copied. It holds the whole layout.');
  } catch {
    history.replaceState(null, '', address);
    say('info', 'The link stands in the address bar.');
  }
}

/** Examples, files and links. */
export function LayoutMenu() {
  const unfinished = hindrance.value !== undefined;
  return (
    <section class="layouts" aria-labelledby="layouts-title">
      <header class="panel-head">
        <h2 id="layouts-title">Start from</h2>
        <div class="row">
          <FileButton label="Import" accept=".json,application/json" icon="open" onFile={importFile} />
          <button
            type="button"
            class="button quiet"
            disabled={unfinished}
            onClick={() => downloadJson('layout.json', asked())}
          >
            <Icon name="save" />
            Export
          </button>
          <button type="button" class="button quiet" disabled={unfinished} onClick={copyLink}>
            <Icon name="link" />
            Copy link
          </button>
        </div>
      </header>
      <ul class="examples">
        {examples.map((example) => (
          <li key={example.title}>
            <button
              type="button"
              class="example"
              onClick={() => show(drawingOf(example.layout), example.seed)}
            >
              <Thumbnail layout={example.layout} />
              {example.title}
            </button>
          </li>
        ))}
        <li>
          <button type="button" class="example" onClick={() => show(emptyDrawing)}>
            <Thumbnail layout={{ prompt: '', objects: [] }} />
            Empty
          </button>
        </li>
      </ul>
    </section>
  );
}
