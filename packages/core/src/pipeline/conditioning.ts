// A run's U-Net, with what guides it and what plugins do around it.

import { asPlugin, awaitPlugin } from '../plugin/pluginError.js';
import type { Guide } from './denoise.js';
import { latentGuide } from './guidance.js';
import { checkGuidanceSettings } from './guidanceSettings.js';
import { samplingParts, wrapPredict } from './middleware.js';
import { type Given, pluginFeeds, predictionOf } from './prediction.js';
import type { Conditions, GuideComponent } from './samplingRun.js';
import { inpaintingInputs } from './unet.js';

/** The U-Net as a function of latents and timestep, with what guides it and what plugins do around it. */
export async function conditionedOn(conditions: Conditions, noise: Float32Array) {
  const { components, layouts, options, shape } = conditions;
  const { predict: innermost, given } = await predictionOf(conditions);
  const parts = await samplingParts(components.plugins, (plugin) => ({
    ...given.contextOf(plugin),
    layouts,
    shape,
    noise: noise.slice(),
    calls: options.plan.steps.length,
    predictFor: async (others) => {
      if (others.length !== layouts.length) {
        throw new Error(
          `plugin ${plugin.name}: predictFor needs ${layouts.length} layouts, not ${others.length}`,
        );
      }
      return (await predictionOf({ ...conditions, layouts: others })).predict;
    },
  }));
  const predict = wrapPredict(parts, innermost);
  const guides: Guide[] = [];
  for (const component of components.guides) {
    const guide = await guideOf(component, given);
    if (guide) guides.push(guide);
  }
  return { predict, guides, parts };
}

/** Undefined where the settings of this call switch the guidance off. */
async function guideOf(
  { plugin, guidance, graphs, build }: GuideComponent,
  given: Given,
): Promise<Guide | undefined> {
  const { components, layouts, contextOf, shape, sizes, text, embedding, leases, signal } = given;
  const batch = layouts.length;
  const { plugins } = components;
  const settings = checkGuidanceSettings(
    plugin.name,
    asPlugin(plugin.name, () => guidance.settings(given.pluginOptions.get(plugin), layouts)),
  );
  if (settings.strength === 0 || settings.until === 0) return undefined;
  const rows = layouts.map((layout) => ({ layout, prompt: layout.prompt, conditional: true }));
  const pluginInputs = await pluginFeeds(plugins, rows, contextOf);
  const context = contextOf(plugin);
  const own = await awaitPlugin(plugin.name, () => guidance.feed?.(layouts, context));
  const fixed = { ...own, ...inpaintingInputs(given.condition, batch) };
  const lease = await graphs.lease(given.key(batch), () => build({ ...sizes, batch }));
  leases.push(lease);
  return latentGuide({
    plugin: plugin.name,
    settings,
    onMove: guidance.onMove?.bind(guidance),
    executable: lease.executable,
    shape,
    text,
    pluginInputs: (progress) => ({ ...pluginInputs(progress), ...embedding(progress), ...fixed }),
    schedule: given.options.schedule,
    signal,
  });
}
