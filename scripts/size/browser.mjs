// What a page that paints bundles of ours, whole: `npm run size` measures it.
export * from '@spatiallock/backend-onnx/web';
export * from '@spatiallock/core';
export * from '@spatiallock/poi';
