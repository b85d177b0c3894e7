// `npm run size`: what each built package weighs, minified and gzipped. Other packages of ours and the peers are
// measured by themselves or belong to the application; a package's other dependencies count.

const OURS = '@spatiallock/*';
const ORT = 'onnxruntime-*';

/** @type {(name: string, path: string, limit: string, apart?: string[], platform?: 'browser' | 'node') => object} */
const check = (name, path, limit, ignore = [OURS], platform = 'browser') => ({
  name,
  path,
  limit,
  ignore,
  gzip: true,
  modifyEsbuildConfig: (config) => ({ ...config, platform, ...(platform === 'node' && { format: 'esm' }) }),
});

const node = (name, limit, ...apart) =>
  check(name, `packages/${name}/dist/index.js`, limit, [OURS, ...apart], 'node');

const SITE = 'apps/demo/dist';

/** What a first visit of the demo loads, as hosts serve it that compress nothing. */
const firstVisit = {
  name: 'demo, first visit, uncompressed',
  path: [
    `${SITE}/{index.html,sw.js,assets.json,icon.svg,sample.png,site.webmanifest}`,
    `${SITE}/assets/!(device-*)`,
    `${SITE}/{model,detector}/**`,
    `${SITE}/runtime/ort-wasm-simd-threaded.wasm.packed`,
    `${SITE}/runtime/*.mjs`,
  ],
  limit: '44 MB',
  brotli: false,
  disablePlugins: ['@size-limit/esbuild'],
};

export default [
  check('core', 'packages/core/dist/index.js', '80 kB', []),
  check('core/graph', 'packages/core/dist/graph.js', '9.5 kB', []),
  check('core/io', 'packages/core/dist/io.js', '11 kB', []),
  check('core/schedulers', 'packages/core/dist/schedulers.js', '13 kB', []),
  check('core/geometry', 'packages/core/dist/geometry.js', '6 kB', []),
  check('core/pipeline', 'packages/core/dist/pipeline.js', '75 kB', []),
  check('core + poi + backend-onnx in a browser, without the runtime', 'scripts/size/browser.mjs', '122 kB', [
    ORT,
  ]),
  check('attention-guidance', 'packages/attention-guidance/dist/index.js', '4 kB'),
  check('checkpoints', 'packages/checkpoints/dist/index.js', '13.5 kB'),
  check('controlnet', 'packages/controlnet/dist/index.js', '5 kB'),
  check('lora', 'packages/lora/dist/index.js', '5 kB'),
  check('web', 'packages/web/dist/index.js', '11 kB'),
  check('poi', 'packages/poi/dist/index.js', '5 kB'),
  check('pog', 'packages/pog/dist/index.js', '7 kB'),
  check('backend-onnx/web', 'packages/backends/onnx/dist/web.js', '35 kB', [OURS, ORT]),
  check('backend-tfjs', 'packages/backends/tfjs/dist/index.js', '11 kB', [OURS, '@tensorflow/*', 'webgpu']),
  check('conformance', 'packages/conformance/dist/index.js', '10 kB'),
  check('detectors', 'packages/detectors/dist/index.js', '20 kB'),
  check('data', 'packages/data/dist/index.js', '19 kB'),
  check('data/benchmarks', 'packages/data/dist/benchmarks/index.js', '50 kB'),
  check('evaluation', 'packages/evaluation/dist/index.js', '11 kB'),
  check('backend-onnx', 'packages/backends/onnx/dist/index.js', '35 kB', [OURS, ORT], 'node'),
  node('scenes', '40 kB', 'sharp'),
  // The hub's package is loaded only for models of the hub.
  node('node', '20 kB', 'sharp', '@huggingface/hub'),
  check('evaluation/report', 'packages/evaluation/dist/report/index.js', '110 kB', [OURS], 'node'),
  node('model-emoji', '2 kB'),
  node('training', '20 kB'),
  check(
    'cli, with what it brings',
    'packages/cli/dist/main.js',
    '150 kB',
    [OURS, ORT, 'sharp', 'bullmq', 'ioredis'],
    'node',
  ),
  firstVisit,
];
