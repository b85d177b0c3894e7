import { choose, chosenDevice, devices } from '../state/deviceChoice.js';
import { device, load, type ProbeState, probe, probes } from '../state/engine.js';
import { isPainting } from '../state/painting.js';

/** One after another: devices that are tested together slow each other down. */
async function probeAll(): Promise<void> {
  for (const { id } of devices) await probe(id);
}

const textOf = (state: ProbeState | undefined): string => {
  if (state === undefined) return 'not tested here yet';
  if (state === 'running') return 'testing ...';
  if (!state.passed) return state.why;
  return `works, ${state.milliseconds.toFixed(1)} ms${state.note ? `, ${state.note}` : ''}`;
};

/** Where pictures are computed, and what each device does on this machine. */
export function DevicePanel() {
  const testing = Object.values(probes.value).includes('running');
  return (
    <details class="panel fold">
      <summary>
        <h2>Device</h2>
      </summary>
      <fieldset class="devices" disabled={isPainting.value}>
        <legend class="visually-hidden">Compute pictures on</legend>
        <label class="device">
          <input
            type="radio"
            name="device"
            value="auto"
            checked={chosenDevice.value === undefined}
            onChange={() => choose(undefined)}
          />
          <span>
            <span class="device-title">Automatic</span>
            <small>the fastest that passes its self-test</small>
          </span>
        </label>
        {devices.map(({ id, title, by }) => {
          const state = probes.value[id];
          const isHere = device.value === id;
          const failed = typeof state === 'object' && !state.passed;
          return (
            <label key={id} class="device" data-failed={failed}>
              <input
                type="radio"
                name="device"
                value={id}
                checked={chosenDevice.value === id}
                onChange={() => choose(id)}
                aria-describedby={`device-${id}`}
              />
              <span>
                <span class="device-title">
                  {title} <small>{by}</small>
                  {isHere && load.value.phase === 'ready' && <small class="badge">in use</small>}
                </span>
                <small id={`device-${id}`} class="device-state">
                  {textOf(state)}
                </small>
              </span>
            </label>
          );
        })}
      </fieldset>
      <button type="button" class="button quiet" disabled={testing} onClick={() => void probeAll()}>
        {testing ? 'Testing' : 'Test all devices'}
      </button>
      <p class="hint">
        The test runs a small network on each device and compares its numbers with a plain computation. It
        loads what a device needs, up to 7 MB.
      </p>
    </details>
  );
}
