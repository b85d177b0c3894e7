// What onnxruntime-node would report to its makers.

const VARIABLE = 'ORT_DISABLE_TELEMETRY';
/** Values with which the runtime leaves telemetry on, as found with onnxruntime-node 1.30 on Linux. */
const ON: readonly (string | undefined)[] = [undefined, '', '0', 'false'];

/**
 * Turns off the telemetry of onnxruntime-node, unless the user's environment says otherwise. Returns whether it is off. On Linux, version
 * 1.30 collects events (a device id and the path of the program among them) under ~/.cache/Microsoft/DeveloperTools and uploads
 * them. Call it before the first session is made. A worker thread has a copy of the environment that the runtime does not read: there
 * only what the process was started with counts.
 */
export function disableTelemetry(env: Record<string, string | undefined>, isMainThread: boolean): boolean {
  if (isMainThread && env[VARIABLE] === undefined) env[VARIABLE] = '1';
  return !ON.includes(env[VARIABLE]?.toLowerCase());
}
