import { messageOf } from '@spatiallock/core';
import type { FunctionComponent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isElsewhere, leftLearning } from '../state/learningNote.js';
import { say } from '../state/notices.js';

let isTold = false;

/** Pictures with boxes in, new words out. What is in it is loaded when it is first opened. */
export function LearnPanel() {
  const [Body, setBody] = useState<FunctionComponent>();
  const [fault, setFault] = useState<string>();
  const load = async (): Promise<void> => {
    setFault(undefined);
    try {
      const { LearnBody } = await import('./LearnBody.js');
      setBody(() => LearnBody);
    } catch (cause) {
      setFault(messageOf(cause));
    }
  };
  const panel = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const left = isTold ? undefined : leftLearning();
    isTold = true;
    if (!left) return;
    void isElsewhere(left.id).then((isRunning) => {
      if (isRunning) return;
      // It says more, and how to go on.
      if (panel.current) panel.current.open = true;
      say(
        'error',
        `The learning ended with the page, after ${left.done} of ${left.planned} steps: see "Teach it new things".`,
      );
    });
  }, []);
  return (
    <details
      ref={panel}
      class="panel fold"
      data-drop="lessons"
      onToggle={({ currentTarget }) => {
        if (currentTarget.open && !Body) void load();
      }}
    >
      <summary>
        <h2>Teach it new things</h2>
      </summary>
      {Body && <Body />}
      {!Body && fault === undefined && <p class="hint">Loading this panel</p>}
      {fault !== undefined && (
        <div role="alert">
          <p class="field-error">This panel could not be loaded ({fault}); is there a network?</p>
          <button type="button" class="button quiet" onClick={() => void load()}>
            Try again
          </button>
        </div>
      )}
    </details>
  );
}
