import type { DeclaredModule } from '@spatiallock/core/modules';

/** A declared module as people read it, and as records compare it: "@someone/plugin, options {"scale":0.5}". */
export const moduleText = ({ module, export: name, folder, options }: DeclaredModule): string =>
  [
    name === undefined ? module : `${module}#${name}`,
    ...(folder === undefined ? [] : [`weights in ${folder}`]),
    ...(options === undefined ? [] : [`options ${JSON.stringify(options)}`]),
  ].join(', ');
