import { join } from 'node:path';
import ts from 'typescript';
import { type Manifest, top } from './manifests.js';

/** Where kubernetes-models has the class of an object. */
export function modelPath({ apiVersion, kind }: Manifest): string {
  const library = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${library}/${apiVersion}/${kind}`;
}

/**
 * The fields that the types of their objects do not have: validation by schema lets those pass.
 * TypeScript looks for them in literals, so it is asked about a module that holds the objects as such.
 */
export function unknownFields(manifests: readonly Manifest[]): string[] {
  const file = join(top, 'test/kubernetes/objects-as-literals.ts');
  const source = manifests.map(literal).join('');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2024,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2024) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

function literal(manifest: Manifest, index: number): string {
  const type = `I${manifest.kind}`;
  return (
    `import type { ${type} as Type${index} } from '${modelPath(manifest)}';\n` +
    `export const object${index}: Type${index} = ${JSON.stringify(manifest)};\n`
  );
}
