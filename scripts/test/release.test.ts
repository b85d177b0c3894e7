import { describe, expect, it } from 'vitest';
import { manifestFaults, planFaults } from '../release/faults.js';

const manifest = (name: string, more: object = {}) => ({ name, version: '0.1.0', ...more });
const publishConfig = { access: 'public', provenance: true };

describe('a release', () => {
  it('has public packages with provenance', () => {
    expect(manifestFaults([manifest('a', { publishConfig })])).toEqual([]);
    expect(manifestFaults([manifest('a'), manifest('b', { publishConfig: { access: 'public' } })])).toEqual([
      'a: publishConfig.access must be "public"',
      'a: publishConfig.provenance must be true',
      'b: publishConfig.provenance must be true',
    ]);
  });

  it('gives all packages one version', () => {
    const all = [manifest('a'), manifest('b')];
    const planned = [
      { name: 'a', newVersion: '0.2.0' },
      { name: 'b', newVersion: '0.2.0' },
    ];
    expect(planFaults(all, planned)).toEqual([]);
    expect(planFaults(all, [])).toEqual([]);
    expect(planFaults(all, planned.slice(0, 1))).toEqual([
      'b: would be released as nothing, and others as 0.2.0',
    ]);
  });
});
