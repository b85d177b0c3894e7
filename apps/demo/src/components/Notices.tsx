import { announced, dismiss, notices } from '../state/notices.js';
import { IconButton } from './controls.js';

export function Notices() {
  return (
    <>
      <p class="visually-hidden" role="status" aria-live="polite" data-testid="announced">
        {announced.value}
      </p>
      <div class="notices" role="status" aria-live="polite">
        {notices.value.map(({ id, kind, text }) => (
          <div key={id} class="notice" data-kind={kind}>
            <p>{text}</p>
            <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
          </div>
        ))}
      </div>
    </>
  );
}
