import { existsSync, globSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ImageBuild } from '#test/image-build.js';
import { ImageProcess } from '#test/image-process.js';
import { runningServer } from '#test/running.js';
import { client, consumer } from '#test/partner.js';
import { someKey } from '#test/broker-process.js';
import { textOf, top } from '#test/compose-file.js';

vi.setConfig({ testTimeout: 120_000 });

const packageJson = JSON.parse(textOf('package.json')) as {
  version: string;
  optionalDependencies: Record<string, string>;
};

let image: ImageBuild;

beforeAll(() => {
  image = new ImageBuild('apps/broker/Dockerfile', 'broker');
}, 300_000);
afterAll(() => image?.remove());

describe('the image of the broker', () => {
  it('has the Node.js that the tests run by', () => {
    const slim = 'node:${NODE_VERSION}-slim';
    const [, version] = /^ARG NODE_VERSION=(.+)$/m.exec(textOf('apps/broker/Dockerfile'))!;
    expect(new Set([version, ...Object.values(packageJson.optionalDependencies)]).size).toBe(1);
    expect(`v${version}`).toBe(process.version);
    expect(image.bases).toEqual([slim, 'build', slim, 'build', 'scratch']);
  });

  it('runs as a user whose number tells that it is not root, without a shell between', () => {
    const broker = image.stage('broker');
    expect(broker.last('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const instruction of ['ENTRYPOINT', 'HEALTHCHECK']) {
      expect(broker.command(instruction)[0]).toBe('node');
    }
  });

  it('has no more than the program, which needs no package beside it', () => {
    const files = globSync('**/*', { cwd: image.path('broker') });
    expect(files.filter((file) => /\.(ts|map)$|\.test\.|dev-authorization-server/.test(file))).toEqual([]);
    expect(files.filter((file) => !file.includes('/')).toSorted()).toEqual(['dist', 'package.json']);
  });

  it('has all that any of its files imports', () => {
    const root = image.path('broker');
    const missing = globSync('dist/**/*.js', { cwd: root }).flatMap((file) =>
      importsOf(join(root, file))
        .filter((target) => !isThere(root, file, target))
        .map((target) => `${file}: ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('the container, whose process 1 is the broker', () => {
  it('starts from what is in the image, is healthy, gives tokens, and ends well on SIGTERM', async () => {
    const server = await runningServer();
    const { key, hash } = someKey();
    const container = await ImageProcess.start(image, 'broker', {
      clients: { rabot: client(server) },
      consumers: { 'order-service': consumer({ hash }) },
    });
    await container.checkHealth();
    const answer = await fetch(`${container.consumers}/token`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
    expect(await container.stop()).toBe(0);
    expect(container.output).toContain('"msg":"stopped"');
    await expect(container.checkHealth()).rejects.toThrow('cannot be reached');
  });
});

/** Of the syntax tree: a bundle has texts that look like imports. */
function importsOf(path: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const target = ts.isCallExpression(node) ? importedByCall(node) : importedByStatement(node);
    if (target !== undefined && ts.isStringLiteralLike(target)) found.push(target.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest));
  return found;
}

function importedByCall({ expression, arguments: [target] }: ts.CallExpression): ts.Expression | undefined {
  return expression.kind === ts.SyntaxKind.ImportKeyword ? target : undefined;
}

function importedByStatement(node: ts.Node): ts.Expression | undefined {
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined;
}

function isThere(root: string, file: string, target: string): boolean {
  if (target.startsWith('.')) return existsSync(join(root, dirname(file), target));
  const [name] = /^(@[^/]+\/)?[^/]+/.exec(target)!;
  // Nest's pipe would load them when it is not given those of the bundle, as it is.
  if (/^class-(validator|transformer)$/.test(name)) return true;
  // Nest imports some for applications that ask for them: those are not installed for development, either.
  const isUsed = existsSync(join(top, 'node_modules', name));
  return isBuiltin(target) || !isUsed || existsSync(join(root, 'node_modules', name));
}
