import { useEffect } from 'preact/hooks';
import { boxStyle } from '../canvas/style.js';
import { exampleDetector } from '../detector/example.js';
import { palette } from '../state/drawing.js';
import { say } from '../state/notices.js';
import {
  bestObject,
  loadSample,
  look,
  opened,
  openPicture,
  type Run,
  run,
  type Subject,
  source,
  subject,
} from '../state/ownDetector.js';
import { FileButton } from './controls.js';
import { PictureView } from './PictureView.js';

/** A person's own detector, and what it sees. */
export function DetectorPage() {
  useEffect(() => void loadSample(), []);
  return (
    <main class="studio detector-page">
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
            onFile={(file) =>
              void openPicture(file).catch(() =>
                say('error', `${file.name}: is no picture that can be shown`),
              )
            }
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

function Seen() {
  const current = subject.value;
  const result = run.value;
  if (!current) return <div class="stage" />;
  const { picture, objects, title } = current;
  return (
    <div class="stage still" style={{ aspectRatio: `${picture.width} / ${picture.height}` }}>
      <PictureView picture={picture} label={title} />
      {objects.map(({ phrase, box }, i) => (
        <div
          key={`${phrase} ${box.join()}`}
          class="box"
          style={{ ...boxStyle(box), '--colour': palette[i % palette.length]!.value }}
        >
          <span class="tag" data-inside={box[1] < 0.06}>
            {phrase}
          </span>
        </div>
      ))}
      {result.state === 'done' &&
        result.found.detections.map(({ label, score, box }) => (
          <div key={`${label} ${box.join()}`} class="seen" style={boxStyle(box)}>
            <span class="seen-tag" data-inside={box[3] > 0.94}>
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
            onFile={async (file) => {
              source.value = await file.text();
              run.value = { state: 'idle' };
            }}
          />
          <button type="button" class="button quiet" onClick={() => (source.value = exampleDetector)}>
            Example
          </button>
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
  const { detections, milliseconds } = result.found;
  return (
    <section class="panel truth" aria-labelledby="seen-title">
      <header class="panel-head">
        <h2 id="seen-title">
          {detections.length === 1 ? 'It sees one thing' : `It sees ${detections.length} things`}
        </h2>
        <p class="hint">{milliseconds.toFixed(0)} ms</p>
      </header>
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
          {detections.map(({ label, score, box }) => {
            const best = bestObject(box, given?.objects ?? []);
            return (
              <tr key={`${label} ${box.join()}`}>
                <th scope="row">{label}</th>
                <td class="number">{score.toFixed(2)}</td>
                <td>{best?.object.phrase ?? 'nothing asked for'}</td>
                <td class="number">{best ? best.iou.toFixed(2) : ''}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
