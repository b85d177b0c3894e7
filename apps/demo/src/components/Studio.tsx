import { useEffect } from 'preact/hooks';
import { hearClipboard } from '../state/clipboard.js';
import { hearDrops, isHeldOver, openInStudio } from '../state/drops.js';
import { cancelAll } from '../state/shots.js';
import { redo, undo } from '../state/studio.js';
import { CaptionPanel } from './CaptionPanel.js';
import { ComparePanel } from './ComparePanel.js';
import { DevicePanel } from './DevicePanel.js';
import { Gallery } from './Gallery.js';
import { GenerateBar, makePictures, SeedPanel } from './GenerateBar.js';
import { LayoutMenu } from './LayoutMenu.js';
import { LearnPanel } from './LearnPanel.js';
import { ModelPanel } from './ModelPanel.js';
import { ObjectList } from './ObjectList.js';
import { SettingsPanel } from './SettingsPanel.js';
import { SourcePanel } from './SourcePanel.js';
import { Stage } from './Stage.js';
import { StripPanel } from './StripPanel.js';
import { Toolbar } from './Toolbar.js';
import { TruthPanel } from './TruthPanel.js';

/** Keys that work wherever the focus is. */
function onKey(event: KeyboardEvent): void {
  // Control with Alt types letters on some keyboards; while letters are composed, keys belong to that.
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const control = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (control && (key === 'z' || key === 'y') && hasOwnUndo(event.target)) return;
  if (control && key === 'enter') makePictures();
  else if (control && key === 'z') event.shiftKey ? redo() : undo();
  else if (control && key === 'y') redo();
  else if (key === 'escape') cancelAll();
  else return;
  event.preventDefault();
}

/** Fields that hold nothing of the drawing: what is typed there is taken back there. */
const hasOwnUndo = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('[data-undo="own"]') !== null;

export function Studio() {
  useEffect(() => {
    addEventListener('keydown', onKey);
    const ends = [hearDrops(openInStudio), hearClipboard()];
    return () => {
      removeEventListener('keydown', onKey);
      for (const end of ends) end();
    };
  }, []);
  return (
    <main class="studio" data-dropping={isHeldOver.value}>
      <h1 class="visually-hidden">Draw boxes, and say what stands in them</h1>
      <div class="studio-canvas">
        <Stage />
        <Toolbar />
      </div>
      <div class="studio-side">
        <ObjectList />
        <CaptionPanel />
        <GenerateBar />
        <TruthPanel />
        <SeedPanel />
        <SettingsPanel />
        <ComparePanel />
        <StripPanel />
        <SourcePanel />
        <ModelPanel />
        <LearnPanel />
        <DevicePanel />
      </div>
      <div class="studio-below">
        <Gallery />
        <LayoutMenu />
      </div>
    </main>
  );
}
