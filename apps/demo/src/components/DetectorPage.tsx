import type { Detection } from '@spatiallock/core';
import { useEffect } from 'preact/hooks';
import { boxStyle } from '../canvas/style.js';
import { exampleDetector } from '../detector/example.js';
import { palette } from '../state/drawing.js';
import { hearDrops, isHeldOver } from '../state/drops.js';
import {
  bestObject,
  isBare,
  look,
  openDropped,
  opened,
  openPicture,
  openSource,
  type Run,
  run,
  type Subject,
  subject,
} from '../state/ownDetector.js';
import { bringBack, replaced, replaceSource, source } from '../state/pluginText.js';
import { loadSample } from '../state/sample.js';
import { FileButton } from './controls.js';
import { keyed } from './keyed.js';
import { PictureView } from './PictureView.js';

/** A person's own detector, and what it sees. */
export function DetectorPage() {
  useEffect(() => {
    void loadSample();
    return hearDrops(openDropped);
  }, []);
  return (
    <main class="studio detector-page" data-dropping={isHeldOver.value}>
      <div class="studio-canvas">
        <header class="page-head">
          <h1>Your detector</h1>
          <p>
            Anything that names objects and their boxes in a picture can judge what SpatialLock makes. Paste a
            module, or pick a file. It runs in a sandbox without a network.
          </p>
        </header>
        <Seen />
        <div class="toolbar">
          <FileButton
            label="Open another picture"
            accept="image/*"
            icon="open"
            onFile={(file) => void openPicture(file)}
          />
          {opened.value && (
            <button type="button" class="button quiet" onClick={() => (opened.value = undefined)}>
              Back to the studio's picture
            </button>
          )}
        </div>
      </div>
      <div class="studio-side wide">
        <Code />
        <Results result={run.value} subject={subject.value} />
      </div>
    </main>
  );
}

const textOf = ({ label, score, box }: Detection): string => `${label} ${score} ${box}`;

function Seen() {
  const current = subject.value;
  const result = run.value;
  if (!current) {
    return (
      <div class="stage still">
        {isBare.value && (
          <div class="stage-empty">
            <p class="stage-empty-title">No picture yet</p>
            <p>The sample could not be loaded. Open a picture below, or make one in the studio.</p>
          </div>
        )}
      </div>
    );
  }
  const { picture, objects, title } = current;
  return (
    <div class="stage still" style={{ aspectRatio: `${picture.width} / ${picture.height}` }}>
      <PictureView picture={picture} label={title} />
      {keyed(objects, ({ phrase, box }) => `${phrase} ${box}`).map(({ key, item: { phrase, box } }, i) => (
        <div
          key={key}
          class="box"
          style={{ ...boxStyle(box), '--colour': palette[i % palette.length]!.value }}
        >
          <span class="tag" dir="auto" data-inside={box[1] < 0.06}>
            {phrase}
          </span>
        </div>
      ))}
      {result.state === 'done' &&
        keyed(result.found.detections, textOf).map(({ key, item: { label, score, box } }) => (
          <div key={key} class="seen" style={boxStyle(box)}>
            <span class="seen-tag" dir="auto" data-inside={box[3] > 0.94}>
              {label} {score.toFixed(2)}
            </span>
          </div>
        ))}
    </div>
  );
}

function Code() {
  return (
    <section class="panel" aria-labelledby="code-title">
      <header class="panel-head">
        <h2 id="code-title">
          <label for="code">The plugin</label>
        </h2>
        <div class="row">
          <FileButton
            label="Pick a file"
            accept=".js,.mjs,text/javascript"
            icon="open"
            onFile={(file) => void openSource(file)}
          />
          <button type="button" class="button quiet" onClick={() => replaceSource(exampleDetector)}>
            Example
          </button>
          {replaced.value.length > 0 && (
            <button type="button" class="button quiet" onClick={bringBack}>
              Text before
            </button>
          )}
        </div>
      </header>
      <textarea
        id="code"
        class="code"
        rows={22}
        spellcheck={false}
        autocapitalize="off"
        value={source.value}
        onInput={({ currentTarget }) => {
          source.value = currentTarget.value;
        }}
      />
      <button
        type="button"
        class="button primary"
        disabled={run.value.state === 'running' || !subject.value}
        onClick={() => void look()}
      >
        {run.value.state === 'running' ? 'Looking' : 'Look at the picture'}
      </button>
    </section>
  );
}

function Results({
  result,
  subject: given,
}: {
  readonly result: Run;
  readonly subject: Subject | undefined;
}) {
  if (result.state === 'failed') {
    return (
      <section class="panel" role="alert">
        <h2>The plugin failed</h2>
        <p class="field-error">{result.message}</p>
      </section>
    );
  }
  if (result.state !== 'done') return null;
  const { detections, found, milliseconds } = result.found;
  return (
    <section class="panel truth" aria-labelledby="seen-title">
      <header class="panel-head">
        <h2 id="seen-title">{found === 1 ? 'It sees one thing' : `It sees ${found} things`}</h2>
        <p class="hint">{milliseconds.toFixed(0)} ms</p>
      </header>
      {found > detections.length && (
        <p class="hint">The {detections.length} with the highest scores are shown.</p>
      )}
      <table>
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Score</th>
            <th scope="col">Covers best</th>
            <th scope="col">IoU</th>
          </tr>
        </thead>
        <tbody>
          {keyed(detections, textOf).map(({ key, item: { label, score, box } }) => {
            const best = bestObject(box, given?.objects ?? []);
            return (
              <tr key={key}>
                <th scope="row" dir="auto">
                  {label}
                </th>
                <td class="number">{score.toFixed(2)}</td>
                <td dir="auto">{best?.object.phrase ?? 'nothing asked for'}</td>
                <td class="number">{best ? best.iou.toFixed(2) : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
