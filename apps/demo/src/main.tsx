import { effect } from '@preact/signals';
import * as engine from './state/engine.js';
import { examples } from './state/examples.js';
Object.assign(globalThis, { engine, examples });
effect(() => console.log('load', JSON.stringify(engine.load.value)));
engine.start((new URLSearchParams(location.search).get('device') ?? 'onnx-wasm') as never);
