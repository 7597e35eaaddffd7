import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile: string; target: string };
  /** Instead of that of the image. */
  entrypoint?: string[];
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[]; disable?: boolean };
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
}

/** The top folder of the project. */
export const top = fileURLToPath(new URL('../../', import.meta.url));

export function textOf(path: string): string {
  return readFileSync(`${top}/${path}`, 'utf8');
}

/** docker-compose.yml, where no variable of it is set in the environment. */
export const compose = parse(textOf('docker-compose.yml').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1')) as {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
};

export function service(name: string): ComposeService {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The stages of a Dockerfile, each with its ENTRYPOINT, if any. */
export function stagesOf(dockerfile: string): Map<string, string[]> {
  const [, ...stages] = textOf(dockerfile).split(/^FROM /m);
  return new Map(
    stages.map((stage) => {
      const name = /^\S+ AS (\S+)/.exec(stage)?.[1] ?? '';
      const entrypoint = /^ENTRYPOINT (\[.*\])$/m.exec(stage)?.[1] ?? '[]';
      return [name, JSON.parse(entrypoint) as string[]];
    }),
  );
}

/** What the service's container runs, for those that say so here and leave it not to a foreign image. */
export function commandLine({ build, entrypoint, command = [] }: ComposeService): string[] {
  const own = build === undefined ? [] : stagesOf(build.dockerfile).get(build.target);
  if (own === undefined) throw new Error(`the Dockerfile has no stage ${build?.target}`);
  return [...(entrypoint ?? own), ...command];
}
