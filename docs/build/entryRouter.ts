import { type Reflection, ReflectionKind } from 'typedoc';
import { ModuleRouter } from 'typedoc-plugin-markdown';

/** One page for each entry point: `core.graph.md` for `@spatiallock/core/graph`. */
export class EntryRouter extends ModuleRouter {
  override getIdealBaseName(reflection: Reflection): string {
    if (reflection.kind === ReflectionKind.Module) return pageName(reflection.name);
    const name = reflection.kind === ReflectionKind.Namespace ? reflection.name : `-${reflection.id}`;
    return reflection.parent ? `${this.getIdealBaseName(reflection.parent)}.${name}` : name;
  }
}

/** The page of an entry point, below docs/api and without an extension. */
export const pageName = (entry: string): string => entry.replace('@spatiallock/', '').replaceAll('/', '.');
