import { cocoOf } from '../pictures/coco.js';
import { type Annotation, downloadJson } from '../pictures/paint.js';
import { baseName, copyPicture, isPainted, saveAnnotated, savePicture } from '../pictures/pictureFile.js';
import { judgedOf } from '../state/judging.js';
import { modeNames } from '../state/settings.js';
import { meanIou, millisecondsPerStep } from '../state/shotFacts.js';
import { type Shot, shown } from '../state/shots.js';
import { showDetections } from '../state/view.js';
import { Icon } from './icons.js';
import { JudgeField } from './JudgeField.js';
import { keyed } from './keyed.js';

function annotationsOf(shot: Shot): Annotation[] {
  const asked = shot.layout.objects.map(({ phrase, box }, i) => ({
    label: phrase,
    box,
    colour: shot.colours[i] ?? '#ffffff',
  }));
  const seen = (judgedOf(shot) ?? []).flatMap(({ detector }) =>
    detector
      ? [
          {
            label: `${detector.label} ${detector.iou.toFixed(2)}`,
            box: detector.box,
            colour: '#ffffff',
            seen: true,
          },
        ]
      : [],
  );
  return showDetections.value ? [...asked, ...seen] : asked;
}

/** Whether each object is where it was asked for, as the detector sees it; and the picture to take along. */
export function TruthPanel() {
  const shot = shown.value;
  if (shot?.status !== 'done' || !isPainted(shot)) return null;
  const judged = judgedOf(shot) ?? [];
  const mean = meanIou(judged);
  const pace = millisecondsPerStep(shot);
  return (
    <section class="panel truth" aria-labelledby="truth-title">
      <header class="panel-head">
        <h2 id="truth-title">Where things stand</h2>
        {mean !== undefined && (
          <p class="mean" data-testid="mean-iou">
            mean IoU <strong>{mean.toFixed(2)}</strong>
          </p>
        )}
      </header>
      <JudgeField shot={shot} />
      <table>
        <caption class="visually-hidden">Overlap of each box asked for with what the detector sees</caption>
        <thead class="visually-hidden">
          <tr>
            <th scope="col">Object</th>
            <th scope="col">Overlap</th>
            <th scope="col">IoU</th>
          </tr>
        </thead>
        <tbody>
          {keyed(judged, ({ phrase, box }) => `${phrase} ${box}`).map(
            ({ key, item: { phrase, detector } }, i) => (
              <tr key={key} style={{ '--colour': shot.colours[i] }}>
                <th scope="row">
                  <span class="dot" />
                  <bdi>{phrase}</bdi>
                </th>
                <td class="bar-cell">
                  <span class="bar" style={{ '--share': detector?.iou ?? 0 }} />
                </td>
                <td class="number">
                  {detector === undefined
                    ? 'unknown'
                    : detector === null
                      ? 'not seen'
                      : detector.iou.toFixed(2)}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      <p class="hint">
        {modeNames[shot.mode]}, seed {shot.seed}
        {pace !== undefined && `, ${Math.round(pace)} ms per step`}. IoU: how much of box and object overlap,
        0 to 1, by a detector that took no part in drawing it.
      </p>
      <div class="row">
        <button type="button" class="button quiet" onClick={() => void copyPicture(shot)}>
          <Icon name="copy" />
          Copy picture
        </button>
        <button type="button" class="button quiet" onClick={() => void savePicture(shot)}>
          <Icon name="save" />
          PNG
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={() => void saveAnnotated(shot, annotationsOf(shot))}
        >
          <Icon name="save" />
          PNG with boxes
        </button>
        <button
          type="button"
          class="button quiet"
          onClick={() => downloadJson(`${baseName(shot)}.json`, cocoOf(shot, `${baseName(shot)}.png`))}
        >
          <Icon name="save" />
          COCO JSON
        </button>
      </div>
    </section>
  );
}
