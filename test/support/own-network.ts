import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const loader = new URL('source-loader.mjs', import.meta.url).href;

/** Where names are looked up: short waits, so that a test of name servers that are silent is short. */
const resolvConf = 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n';

/** A command that runs another in namespaces of its own. */
function isolation(...spaces: string[]): string[] {
  // Root in a container may make namespaces, but not those of users; elsewhere everyone may by one of users.
  const ways = [[], ['--user', '--map-root-user']].map((users) => ['unshare', ...spaces, ...users]);
  const way = ways.find(([command, ...args]) => spawnSync(command!, [...args, 'true']).status === 0);
  if (way === undefined) throw new Error(`unshare can make no namespaces here: ${spaces.join(' ')}`);
  return way;
}

/** Runs a command that may mount what it wants, where no other process sees it. It keeps its process id. */
export const ownMounts = (): string[] => isolation('--mount');

/**
 * Runs a program of the tests in a network of its own, in which there is the loopback only and the name server is that of
 * the program. @returns the JSON that it wrote
 */
export async function runInOwnNetwork<T>(program: string): Promise<T> {
  const isolated = isolation('--net', '--mount', '--fork', '--kill-child');
  const folder = mkdtempSync(join(tmpdir(), 'own-network-'));
  try {
    const file = join(folder, 'resolv.conf');
    writeFileSync(file, resolvConf);
    const setUp = 'ip link set lo up && mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const node = [
      process.execPath,
      '--disable-warning=ExperimentalWarning',
      '--experimental-transform-types',
      '--conditions=source',
      '--import',
      loader,
      program,
    ];
    const [command, ...args] = [...isolated, 'sh', '-c', setUp, file, ...node];
    const { stdout } = await promisify(execFile)(command!, args);
    return JSON.parse(stdout) as T;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
