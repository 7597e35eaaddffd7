import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';

const launcher = join(import.meta.dirname, '../../apps/broker/token-broker');
const shell = promisify(execFile);

/** A checkout whose set-up and build only leave a mark, and whose program prints what it was given. */
function someCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'checkout-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (name: string, text: string) => {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  };
  const scripts = {
    setup: 'mkdir -p node_modules && touch set-up',
    build: 'touch dist/build.tsbuildinfo built',
  };
  write('package.json', JSON.stringify({ name: 'checkout', type: 'module', scripts }));
  write('package-lock.json', '{}');
  write('node_modules/.package-lock.json', '{}');
  write('libs/some.ts', '');
  write(
    'dist/broker/main.js',
    'console.log(process.cwd(), ...process.argv.slice(2)); process.exitCode = 64;',
  );
  mkdirSync(join(root, 'apps/broker'), { recursive: true });
  cpSync(launcher, join(root, 'apps/broker/token-broker'));
  symlinkSync(join(root, 'apps/broker/token-broker'), join(root, 'linked'));
  return root;
}

it('token-broker builds a checkout when something changed, then hands on arguments, folder and status', async () => {
  const root = someCheckout();
  const marks = () => ['set-up', 'built'].filter((name) => existsSync(join(root, name)));
  const run = () =>
    shell(join(root, 'linked'), ['doctor', 'a file.yaml'], { cwd: tmpdir() }).catch(
      (error: unknown) => error,
    );

  const first = await run();
  expect(first).toMatchObject({ code: 64, stdout: `${tmpdir()} doctor a file.yaml\n` });
  expect(marks()).toEqual(['set-up', 'built']);

  for (const mark of marks()) rmSync(join(root, mark));
  expect(await run()).toMatchObject({ code: 64, stdout: `${tmpdir()} doctor a file.yaml\n` });
  expect(marks()).toEqual([]);
});
