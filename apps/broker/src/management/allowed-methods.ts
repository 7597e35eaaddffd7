import type { FastifyInstance } from 'fastify';

/** Which methods each path of a server is for. Created before its routes are. */
export class AllowedMethods {
  /** `/a/:b/*` -> methods */
  readonly #byPattern = new Map<string, Set<string>>();

  constructor(server: FastifyInstance) {
    server.addHook('onRoute', ({ url, method }) => {
      const known = this.#byPattern.get(url) ?? [];
      this.#byPattern.set(url, new Set([...known, ...[method].flat()]));
    });
  }

  /** @param target that of the request line, which may be a whole URL (RFC 9112 §3.2) */
  at(target: string): string[] {
    const [path = ''] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1);
    const fitting = [...this.#byPattern].filter(([pattern]) => fits(pattern.split('/'), path.split('/')));
    return [...new Set(fitting.flatMap(([, methods]) => [...methods]))].toSorted();
  }
}

function fits(pattern: readonly string[], path: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === '*';
  if (isOpen ? path.length < pattern.length : path.length !== pattern.length) return false;
  return pattern.every((part, at) => part === '*' || part.startsWith(':') || part === path[at]);
}

declare module 'fastify' {
  interface FastifyInstance {
    allowedMethods: AllowedMethods;
  }
}
