import { downloadJson } from '../pictures/paint.js';
import { documentJson } from '../state/document.js';
import { type Drawing, drawingOf, emptyDrawing, isEmpty, layoutOf } from '../state/drawing.js';
import { examples } from '../state/examples.js';
import { linkHash } from '../state/link.js';
import { say } from '../state/notices.js';
import { openFile } from '../state/openDocument.js';
import { showLink } from '../state/persistence.js';
import { samplingOf } from '../state/settings.js';
import { shownId } from '../state/shots.js';
import { drawing, hindrance, open, settings } from '../state/studio.js';
import { FileButton } from './controls.js';
import { Icon } from './icons.js';
import { Thumbnail } from './Thumbnail.js';

/** Another drawing on an empty canvas, brought into sight. */
function show(given: Drawing, seed = settings.value.seed): void {
  open(given, undefined, { ...samplingOf(settings.value), seed });
  shownId.value = undefined;
  document.querySelector('.stage')?.scrollIntoView({ block: 'nearest' });
}

async function copyLink(): Promise<void> {
  const json = documentJson(layoutOf(drawing.value), settings.value);
  const address = `${location.origin}${location.pathname}#${linkHash(json)}`;
  try {
    await navigator.clipboard.writeText(address);
    say('info', 'The link is copied. It holds boxes, words, settings and seed.');
  } catch {
    showLink(address);
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
          <FileButton
            label="Import"
            accept=".json,.png,application/json,image/png"
            icon="open"
            onFile={openFile}
          />
          <button
            type="button"
            class="button quiet"
            // A drawing that cannot be painted yet may be all that the browser does not keep.
            disabled={isEmpty(drawing.value)}
            onClick={() =>
              downloadJson('layout.json', { ...layoutOf(drawing.value), seed: settings.value.seed })
            }
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
