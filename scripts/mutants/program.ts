// The sources of an area with their types: arguments are swapped only where the compiler would not notice.

import { join } from 'node:path';
import ts from 'typescript';

export interface TypedSources {
  source(file: string): ts.SourceFile;
  /** Whether two expressions can stand for each other. */
  interchangeable(a: ts.Expression, b: ts.Expression): boolean;
}

/** `files` are paths from `root`. */
export function typedSources(root: string, files: readonly string[]): TypedSources {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    files.map((file) => join(root, file)),
    { ...options, types: ['node'] },
  );
  const checker = program.getTypeChecker();
  return {
    source(file) {
      const found = program.getSourceFile(join(root, file));
      if (!found) throw new Error(`${file}: the compiler does not know it`);
      return found;
    },
    interchangeable(a, b) {
      const [left, right] = [a, b].map((each) =>
        checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(each)),
      );
      return checker.isTypeAssignableTo(left!, right!) && checker.isTypeAssignableTo(right!, left!);
    },
  };
}
