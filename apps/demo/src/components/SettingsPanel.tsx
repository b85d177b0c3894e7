import { schedulerNames } from '@spatiallock/core';
import { guiding, holding } from '../state/pluginSettings.js';
import { limits, type Settings } from '../state/settings.js';
import { canGuide, setSetting, settings } from '../state/studio.js';
import { Slider, Switch } from './controls.js';

/** Those that have no title here are shown by core's name. */
const schedulerTitles: Readonly<Record<string, string>> = {
  ddim: 'DDIM',
  ddpm: 'DDPM',
  pndm: 'PNDM',
  dpmpp_2m: 'DPM-Solver++ 2M',
  dpmpp_2m_karras: 'DPM-Solver++ 2M Karras',
  dpmpp_2m_sde: 'DPM-Solver++ 2M SDE',
  dpmpp_2m_sde_karras: 'DPM-Solver++ 2M SDE Karras',
  dpmpp_3m: 'DPM-Solver++ 3M',
  dpmpp_singlestep: 'DPM-Solver++ singlestep',
  dpmpp_sde: 'DPM-Solver++ SDE',
  deis: 'DEIS',
  euler: 'Euler',
  euler_a: 'Euler ancestral',
  heun: 'Heun',
  kdpm2: 'KDPM2',
  kdpm2_a: 'KDPM2 ancestral',
  lms: 'LMS',
  unipc: 'UniPC',
  lcm: 'LCM',
  tcd: 'TCD',
};

type Sliding = 'steps' | 'liveSteps' | 'guidanceScale' | 'strength' | 'guideStrength' | 'details';

/** How pictures are sampled. */
export function SettingsPanel() {
  const { scheduler, strength, guideStrength, details, previews } = settings.value;
  const bind = (key: Sliding) => ({
    value: settings.value[key],
    range: limits[key],
    onInput: (value: number) => setSetting(key, value as Settings[Sliding]),
  });
  return (
    <details class="panel fold">
      <summary>
        <h2>Sampling</h2>
      </summary>
      <Slider label="Steps" {...bind('steps')} />
      <Slider label="Live steps" {...bind('liveSteps')} hint="Of the picture that follows the hand." />
      <Slider label="Guidance" {...bind('guidanceScale')} hint="How strongly the caption counts." />
      <div class="field">
        <label for="scheduler">Scheduler</label>
        <select
          id="scheduler"
          value={scheduler}
          onChange={({ currentTarget }) => setSetting('scheduler', currentTarget.value)}
        >
          {schedulerNames.map((name) => (
            <option key={name} value={name}>
              {schedulerTitles[name] ?? name}
            </option>
          ))}
        </select>
      </div>
      <Slider
        label={holding.setting.control.title}
        {...bind('strength')}
        shown={strength === 1 ? '1, as trained' : strength === 0 ? 'off' : String(strength)}
        hint="How firmly objects are held in their boxes."
      />
      <Slider
        label={guiding.setting.control.title}
        {...bind('guideStrength')}
        shown={guideStrength === 0 || !canGuide.value ? 'off' : String(guideStrength)}
        disabled={!canGuide.value}
        hint={
          canGuide.value
            ? "The detector's gradient pulls objects into their boxes in the first half of the steps. Several times slower there."
            : "Only with the page's own model, which the detector knows."
        }
      />
      <Slider
        label="Details"
        {...bind('details')}
        shown={details === 0 ? 'off' : `${Math.round(100 * details)} % of the side`}
        hint="Smaller objects are painted again, enlarged."
      />
      <Switch
        checked={previews}
        onChange={(checked) => setSetting('previews', checked)}
        label="Previews while painting"
      />
    </details>
  );
}
