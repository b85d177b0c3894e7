import { render } from 'preact';
import { App } from './components/App.js';
import { startOffline } from './offline.js';
import { drawingOf } from './state/drawing.js';
import * as engine from './state/engine.js';
import { examples } from './state/examples.js';
import { keepSource } from './state/ownDetector.js';
import { restoreStudio } from './state/persistence.js';
import './styles/index.css';

const first = examples[1]!;
const device = restoreStudio(drawingOf(first.layout));
keepSource();
const root = document.getElementById('app')!;
root.replaceChildren();
render(<App />, root);
// Where the page will be loaded anew for threads, fetching the model would be begun twice.
void startOffline().then(() => engine.start(device ?? 'onnx-wasm'));
