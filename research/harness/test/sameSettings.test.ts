import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { requireSameSettings } from '../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'spatiallock-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('takes a folder without settings, and the same ones again, and refuses others', async () => {
  const run = { flag: 'folder', folder, what: 'a run', settings: { start: null, seen: 0 } };
  const keep = await requireSameSettings(run);
  await expect(requireSameSettings({ ...run, settings: { seen: 9 } })).resolves.toBeTypeOf('function');
  await keep();
  const path = join(folder, 'settings.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ start: null, seen: 0 });
  await (await requireSameSettings(run))();
  await expect(requireSameSettings({ ...run, settings: { start: '/a/model', seen: 0 } })).rejects.toThrow(
    `--folder: ${folder} holds a run with other settings (${path}); choose another folder`,
  );
});
