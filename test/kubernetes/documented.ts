import { execFileSync } from 'node:child_process';
import { textOf } from './manifests.js';

/** The blocks of docs/how-to/kubernetes.md in a language, in their order. */
export function documented(language: 'sh' | 'yaml' | 'console'): string[] {
  const blocks = textOf('docs/how-to/kubernetes.md').matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...blocks].filter(([, name]) => name === language).map(([, , block]) => block!);
}

export interface DocumentedSecret {
  name: string;
  namespace: string;
  files: Record<string, string>;
}

interface Secret {
  metadata: { name: string; namespace: string };
  data: Record<string, string>;
}

/**
 * The Secret that those commands of docs/how-to/kubernetes.md make in this folder which need no cluster.
 * @param pasted what the commands read from the terminal
 */
export function documentedSecret(folder: string, pasted: string): DocumentedSecret {
  const [files = '', cluster = ''] = documented('sh');
  execFileSync('sh', ['-euc', files], { cwd: folder, input: pasted });
  const create = /^kubectl create secret [^|]*/m.exec(cluster)?.[0].replace('--output=yaml', '--output=json');
  const printed = execFileSync('sh', ['-euc', create!], { cwd: folder, encoding: 'utf8' });
  const { metadata, data } = JSON.parse(printed) as Secret;
  const decoded = Object.entries(data).map(([name, value]) => [
    name,
    Buffer.from(value, 'base64').toString(),
  ]);
  return { ...metadata, files: Object.fromEntries(decoded) };
}
