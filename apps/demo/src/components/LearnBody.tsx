import { useEffect } from 'preact/hooks';
import { keepsLessons } from '../state/keptLearning.js';
import {
  isLearning,
  learnHindrance,
  learnSettings,
  newWords,
  setLearnSetting,
  startLearning,
} from '../state/learning.js';
import { learnLimits } from '../state/learnJob.js';
import {
  addFiles,
  canRedo,
  canUndo,
  chosen,
  faults,
  lessons,
  reading,
  redo,
  restoreOnce,
  saveCoco,
  undo,
} from '../state/lessons.js';
import { shortened } from '../text/shortened.js';
import { FilesButton, IconButton, Slider } from './controls.js';
import { Icon } from './icons.js';
import { keyed } from './keyed.js';
import { LEARN_HINT, LearnRun } from './LearnRun.js';
import { LessonFields } from './LessonFields.js';
import { LessonList } from './LessonList.js';
import { LessonStage } from './LessonStage.js';

/** Faults that are shown one by one. */
const SHOWN_FAULTS = 6;

/** All of the panel: pictures, boxes, settings, and the learning itself. */
export function LearnBody() {
  useEffect(() => void restoreOnce(), []);
  const lesson = chosen.value;
  return (
    <>
      <p class="hint">
        Add some twenty pictures, draw a box around each new thing, and name it. The model of this page learns
        it in this tab; no picture leaves the tab.
      </p>
      <Files />
      <Faults />
      <fieldset class="lesson-fields" disabled={isLearning.value} onKeyDown={onLessonKey}>
        <legend class="visually-hidden">Pictures and their boxes</legend>
        <LessonList />
        {lesson && <LessonStage key={lesson.id} lesson={lesson} />}
        {lesson && <LessonFields lesson={lesson} />}
      </fieldset>
      <LearnSettingsFields />
      {newWords.value.length > 0 && (
        <p class="hint">New words: {shortened(newWords.value.join(', '), 300)}</p>
      )}
      {!isLearning.value && (
        <button
          type="button"
          class="button primary"
          aria-describedby={LEARN_HINT}
          disabled={learnHindrance.value !== undefined}
          onClick={() => startLearning()}
        >
          Learn
        </button>
      )}
      <p id={LEARN_HINT} tabIndex={-1} class="hint">
        {learnHindrance.value ??
          (isLearning.value
            ? 'Stay on this page: leaving it interrupts the learning.'
            : "The studio's seed decides which parts are learnt from. What is learnt takes the place of what was learnt before, which is set aside.")}
      </p>
      <LearnRun />
    </>
  );
}

/** Undo and redo of the pictures, where the focus is at them; elsewhere these keys are the drawing's, and Escape the studio's. */
function onLessonKey(event: KeyboardEvent): void {
  const control = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.toLowerCase();
  const isUndo = control && (key === 'z' || key === 'y');
  if (key === 'escape' || isUndo) event.stopPropagation();
  if (!isUndo) return;
  if (key === 'y' || event.shiftKey) redo();
  else undo();
  event.preventDefault();
}

function Files() {
  const busy = reading.value;
  return (
    <>
      <fieldset class="row" disabled={busy !== undefined || isLearning.value}>
        <legend class="visually-hidden">Files</legend>
        <FilesButton
          label="Add pictures"
          icon="plus"
          kind="files"
          accept="image/*,.json"
          onFiles={(files) => void addFiles(files)}
        />
        {lessons.value.length > 0 && (
          <button type="button" class="button quiet" onClick={saveCoco}>
            <Icon name="save" />
            Save boxes as COCO
          </button>
        )}
        <IconButton icon="undo" label="Undo in the pictures" disabled={!canUndo.value} onClick={undo} />
        <IconButton icon="redo" label="Redo in the pictures" disabled={!canRedo.value} onClick={redo} />
      </fieldset>
      {busy && (
        <p class="hint" role="status">
          Reading picture {busy.done + 1} of {busy.total}
        </p>
      )}
      {lessons.value.length === 0 && (
        <p class="hint">Pictures can be dropped here, too, and with them a COCO file that has their boxes.</p>
      )}
      {!keepsLessons.value && (
        <p class="field-error">
          The browser refuses to keep these pictures: save the boxes before you leave the page.
        </p>
      )}
    </>
  );
}

function Faults() {
  const all = faults.value;
  if (all.length === 0) return null;
  return (
    <div role="alert">
      <ul class="lesson-faults">
        {keyed(all.slice(0, SHOWN_FAULTS), (line) => line).map(({ key, item }) => (
          <li key={key} class="field-error">
            {item}
          </li>
        ))}
        {all.length > SHOWN_FAULTS && <li class="field-error">and {all.length - SHOWN_FAULTS} more</li>}
      </ul>
    </div>
  );
}

function LearnSettingsFields() {
  const bind = (key: keyof typeof learnLimits) => ({
    value: learnSettings.value[key],
    range: learnLimits[key],
    onInput: (value: number) => setLearnSetting(key, value),
  });
  return (
    <fieldset class="lesson-fields" disabled={isLearning.value}>
      <legend class="visually-hidden">How it learns</legend>
      <Slider label="Training steps" {...bind('steps')} hint="More steps learn better, and take longer." />
      <Slider label="Pictures in a step" {...bind('batch')} />
      <Slider
        label="Pictures of known things"
        {...bind('rehearsed')}
        hint="Painted first, and half of each step: so that it forgets little. 0 leaves them out."
      />
    </fieldset>
  );
}
