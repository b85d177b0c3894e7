// Prints "N passed, N failed" from vitest's JSON report, alone on a line, and exits 1 unless some passed and none failed.
// A test file that could not be loaded has no tests of its own and counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

const [path] = process.argv.slice(2);
if (!path) throw new Error('usage: node scripts/count-tests.mjs REPORT.json');

const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { testResults: [] };
const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
const count = (status) => tests.filter((test) => test.status === status).length;
const unloaded = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
).length;
const passed = count('passed');
const failed = count('failed') + unloaded;
const skipped = tests.length - passed - count('failed');

console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
