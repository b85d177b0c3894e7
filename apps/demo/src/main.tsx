import { render } from 'preact';
import { App } from './components/App.js';
import { startOffline } from './offline.js';
import { fallBack, startDevice } from './state/deviceChoice.js';
import { drawingOf } from './state/drawing.js';
import { examples } from './state/examples.js';
import { keepGallery } from './state/gallery.js';
import { judgeShown } from './state/judging.js';
import { followDrawing } from './state/live.js';
import { keepSource } from './state/ownDetector.js';
import { restoreStudio } from './state/persistence.js';
import { loadSample } from './state/sample.js';
import { keepPlan } from './state/strip.js';
import './styles/index.css';

const first = examples[1]!;
const device = restoreStudio(drawingOf(first.layout));
keepSource();
followDrawing();
judgeShown();
keepPlan();
void loadSample();
void keepGallery();
const root = document.getElementById('app')!;
root.replaceChildren();
render(<App />, root);
// Where the page will be loaded anew for threads, fetching the model would be begun twice.
fallBack();
void startOffline().then(() => startDevice(device));
