import { fileURLToPath } from 'node:url';
import preact from '@preact/preset-vite';
import { defaultClientConditions, defineConfig } from 'vite';
import { about, repository } from './build/about.js';
import { assets } from './build/assets.js';
import { contentPolicy } from './build/contentPolicy.js';
import { isolation } from './build/isolation.js';
import { sandbox } from './build/sandbox.js';
import { serviceWorker } from './build/serviceWorker.js';

const packages = fileURLToPath(new URL('../../packages/', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));

/** Scripts that a first visit does not use, of other devices, of visitors' models and of learning, get names of their own: `serviceWorker` keeps them when they are used. */
const chunkFileNames = ({ moduleIds }: { readonly moduleIds: readonly string[] }): string =>
  moduleIds.some((id) =>
    /@tensorflow|backends\/tfjs|ort\.webgpu|worker\/(ownModel|learn)|components\/LearnBody|state\/lessons|core\/src\/adapters|clip-merges|packages\/(attention-guidance|training|web)\//.test(
      id,
    ),
  )
    ? 'assets/device-[name]-[hash].js'
    : 'assets/[name]-[hash].js';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  define: { __REPOSITORY__: JSON.stringify(repository) },
  resolve: {
    // The sources of this repository's packages; and ONNX Runtime's files are served by `assets`, packed.
    conditions: ['@spatiallock/source', 'onnxruntime-web-use-extern-wasm', ...defaultClientConditions],
  },
  plugins: [
    isolation(),
    about(),
    sandbox(),
    preact({ devToolsEnabled: false, prefreshEnabled: false }),
    assets([
      // All but what only a perception network reads, and the autoencoder's encoder.
      {
        folder: `${packages}model-emoji/model`,
        as: 'model',
        only: /^(?!perception\/)/,
        without: /^encoder\./,
      },
      // Fetched when a picture is painted over, or small objects are painted again.
      {
        folder: `${packages}model-emoji/model/vae`,
        as: 'encoder',
        only: /^diffusion_pytorch_model\.safetensors$/,
        without: /^(?!encoder\.)/,
      },
      { folder: `${packages}detectors/weights/center`, as: 'weights/center' },
      // Fetched when guidance is first asked for.
      { folder: `${packages}detectors/weights/query`, as: 'weights/query' },
      {
        folder: `${modules}onnxruntime-web/dist`,
        as: 'runtime',
        only: /^ort-wasm-simd-threaded(\.asyncify)?\.(mjs|wasm)$/,
        pack: /\.wasm$/,
      },
      { folder: `${modules}@tensorflow/tfjs-backend-wasm/dist`, as: 'runtime', only: /^[^/]*\.wasm$/ },
    ]),
    contentPolicy(),
    serviceWorker(),
  ],
  worker: { format: 'es', rolldownOptions: { output: { chunkFileNames } } },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1500,
    sourcemap: false,
    rolldownOptions: { output: { chunkFileNames } },
  },
  // Found by the worker only, which would make the development server reload the page.
  optimizeDeps: {
    include: [
      '@bufbuild/protobuf',
      '@bufbuild/protobuf/codegenv2',
      '@noble/hashes/sha2.js',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      '@tensorflow/tfjs-backend-webgpu',
      '@tensorflow/tfjs-core',
      'onnxruntime-web/wasm',
      'onnxruntime-web/webgpu',
    ],
  },
  server: { port: 5173 },
});
