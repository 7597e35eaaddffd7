import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { configOption } from './config-option.js';

/** State of a listening socket in /proc/net/tcp. */
const listening = '0A';

/**
 * The TCP ports on which the broker of this machine listens that was started with this settings file, by /proc. None where
 * there is no /proc, or the process belongs to another user.
 */
export function listeningPorts(file: string): number[] {
  return read(() => readdirSync('/proc'), [])
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => isBrokerOf(pid, resolve(file)))
    .flatMap(portsOf);
}

function isBrokerOf(pid: string, file: string): boolean {
  const named = configOf(pid);
  const folder = read(() => readlinkSync(`/proc/${pid}/cwd`), '/');
  return named !== undefined && resolve(folder, named) === file;
}

/** The settings file of `--config` of a process; undefined where there is no `/proc`, or it is no broker started so. */
export function configOf(pid: string): string | undefined {
  const args = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'), '')
    .split('\0')
    .filter(Boolean);
  const start = args.findIndex((arg) => /^--config(?:=|$)/.test(arg));
  return start < 1 ? undefined : read(() => configOption(args.slice(start), {}), undefined);
}

function portsOf(pid: string): number[] {
  const links = read(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    read(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''),
  );
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const lines = ['tcp', 'tcp6'].flatMap((name) =>
    read(() => readFileSync(`/proc/${pid}/net/${name}`, 'utf8'), '').split('\n'),
  );
  const ports = lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const isOwn = fields[3] === listening && own.has(fields[9] ?? '');
    return isOwn ? [Number.parseInt(fields[1]!.split(':')[1]!, 16)] : [];
  });
  return [...new Set(ports)];
}

function read<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch {
    return otherwise;
  }
}
