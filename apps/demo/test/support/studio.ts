// What a person does on the page, as Playwright does it.

import { readFile } from 'node:fs/promises';
import axe from 'axe-core';
import type { Download, Locator, Page } from 'playwright-core';

export type Corners = readonly [number, number, number, number];

/** Where a fraction of the canvas lies on the screen. */
export async function onCanvas(page: Page, x: number, y: number): Promise<readonly [number, number]> {
  const stage = await page.locator('.stage').boundingBox();
  if (!stage) throw new Error('the canvas is not there');
  return [stage.x + x * stage.width, stage.y + y * stage.height];
}

export async function drawBox(page: Page, [x0, y0, x1, y1]: Corners): Promise<void> {
  await page.locator('.stage').scrollIntoViewIfNeeded();
  await page.mouse.move(...(await onCanvas(page, x0, y0)));
  await page.mouse.down();
  await page.mouse.move(...(await onCanvas(page, (x0 + x1) / 2, (y0 + y1) / 2)));
  await page.mouse.move(...(await onCanvas(page, x1, y1)), { steps: 3 });
  await page.mouse.up();
}

/** Fingers, each where it is on the canvas; `touchEnd` and `touchCancel` name none. */
export async function touches(page: Page) {
  const session = await page.context().newCDPSession(page);
  return async (
    type: 'touchStart' | 'touchMove' | 'touchEnd' | 'touchCancel',
    ...points: (readonly [number, number])[]
  ): Promise<void> => {
    const places = await Promise.all(points.map(([x, y]) => onCanvas(page, x, y)));
    const touchPoints = places.map(([x, y], id) => ({ x, y, id }));
    await session.send('Input.dispatchTouchEvent', { type, touchPoints });
  };
}

/** The same with a finger. */
export async function drawByTouch(page: Page, [x0, y0, x1, y1]: Corners): Promise<void> {
  await page.locator('.stage').scrollIntoViewIfNeeded();
  const touch = await touches(page);
  await touch('touchStart', [x0, y0]);
  await touch('touchMove', [(x0 + x1) / 2, (y0 + y1) / 2]);
  await touch('touchMove', [x1, y1]);
  await touch('touchEnd');
}

/** What the boxes on the canvas are called: number, phrase and place. */
export const boxes = (page: Page): Promise<string[]> =>
  page.locator('.stage .box').evaluateAll((all) => all.map((box) => box.getAttribute('aria-label') ?? ''));

export const phraseField = (page: Page, number: number): Locator =>
  page.getByRole('combobox', { name: `What stands in box ${number}`, exact: true });

/** Leaves behind what an earlier visit, or another program, might have left. */
export function keep(page: Page, state: unknown): Promise<void> {
  const text = typeof state === 'string' ? state : JSON.stringify(state);
  return page.evaluate((kept) => localStorage.setItem('spatiallock.studio', kept), text);
}

/** Playwright cannot answer the browser's own pickers; on a page with this script fields stand in for them. */
export const withoutPickers = (): void => {
  for (const name of ['showDirectoryPicker', 'showOpenFilePicker']) Reflect.deleteProperty(window, name);
};

export async function loaded(page: Page): Promise<void> {
  await page.locator('.load-bar').waitFor({ state: 'detached', timeout: 240_000 });
}

/** Opens a panel that is folded. */
export async function unfold(page: Page, title: string): Promise<void> {
  const panel = page.locator('details.fold', {
    has: page.getByRole('heading', { name: title, exact: true }),
  });
  if ((await panel.getAttribute('open')) === null) await panel.locator('summary').click();
}

/** Sets a slider. */
export async function slide(page: Page, label: string, value: number): Promise<void> {
  await page.getByRole('slider', { name: label, exact: true }).fill(String(value));
}

/** The newest picture is in this state. */
export async function newest(page: Page, status: string): Promise<void> {
  await page.locator(`.shot[data-status="${status}"]`).first().waitFor({ timeout: 300_000 });
}

/** What a button offers to save. */
export async function saved(page: Page, button: string): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** What axe-core finds serious or critical: rule and place. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`));
}

/** Lets files and folders of the disk go over the canvas, as a file manager does. */
export async function dropPaths(page: Page, files: readonly string[]): Promise<void> {
  await page.locator('.stage').scrollIntoViewIfNeeded();
  const session = await page.context().newCDPSession(page);
  const [x, y] = await onCanvas(page, 0.5, 0.5);
  const data = { items: [], files: [...files], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await session.send('Input.dispatchDragEvent', { type, x, y, data });
  }
}

/** Lets a file go over the page. */
export async function dropFile(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ([file, data]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(data)], file));
      return transfer;
    },
    [name, [...bytes]] as const,
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}
