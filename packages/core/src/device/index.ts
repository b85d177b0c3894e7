export { type AutoOptions, auto, type Choice, type Refusal } from './auto.js';
export { type DeviceBackendOptions, deviceBackend } from './deviceBackend.js';
export { DeviceError, type DeviceErrorOptions, type DeviceReason } from './deviceError.js';
export { deviceFault, deviceLost, outOfMemory, packageMissing } from './faults.js';
export { type Gpu, type GpuDevice, type OpenGpu, openGpu, type PowerPreference } from './gpu.js';
export { type InPartsOptions, inParts } from './inParts.js';
export { selfTest } from './selfTest.js';
export { checkTensors } from './tensors.js';
