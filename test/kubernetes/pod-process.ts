import type { IProbe } from 'kubernetes-models/v1';
import { join } from 'node:path';
import { stagesOf } from '#test/compose-file.js';
import { LoggedProcesses } from '#test/logged-processes.js';
import { containerOf, type Manifests, portOf, top } from './manifests.js';
import { MountedPod, type Surroundings } from './mounted-pod.js';

type ProbeName = 'startupProbe' | 'readinessProbe' | 'livenessProbe';

/** A broker that runs as its manifest says: only folders, addresses and ports are others. */
export class PodProcess {
  readonly #processes = new LoggedProcesses();
  readonly pod: MountedPod;

  constructor(
    private readonly manifests: Manifests,
    surroundings: Surroundings,
  ) {
    // Free ports, and nobody else's to reach. The white space keeps the Redis port of a URL as it is.
    const moves = [
      ['host: 0.0.0.0, port: 8080', 'host: 127.0.0.1, port: 0'],
      ['host: 0.0.0.0, port: 9090', 'host: 127.0.0.1, port: 0'],
      ...(surroundings.moves ?? []),
    ] as const;
    this.pod = new MountedPod(manifests, manifests.broker, { ...surroundings, moves });
  }

  async start(): Promise<void> {
    this.launch();
    await this.#processes.wrote('broker', /"msg":"listening"/);
  }

  /** Does not wait until it listens. */
  launch(): void {
    const { args = [], env = [] } = containerOf(this.manifests.broker);
    const entrypoint = stagesOf('apps/broker/Dockerfile').get('broker')!;
    const line = [...entrypoint, ...args].map((word) =>
      word.startsWith('dist/') ? join(top, word) : this.pod.here(word),
    );
    this.#processes.run('broker', line, Object.fromEntries(env.map(({ name, value }) => [name, value])));
  }

  get output(): string {
    return this.#processes.output('broker');
  }

  /** Waits until it has logged this. */
  wrote(pattern: RegExp): Promise<unknown> {
    return this.#processes.wrote('broker', pattern);
  }

  /** Where it listens, by the port in the container. */
  url(port: number): string {
    const side = port === portOf(this.manifests.broker, 'consumers') ? 'consumers' : 'management';
    return new RegExp(`"${side}":"([^"]+)"`).exec(this.output)![1]!;
  }

  /** @returns the status that the kubelet would see */
  async probe(name: ProbeName): Promise<number> {
    const { path, port } = (containerOf(this.manifests.broker)[name] as IProbe).httpGet!;
    const answer = await fetch(this.url(portOf(this.manifests.broker, port)) + path);
    await answer.arrayBuffer();
    return answer.status;
  }

  /** As the kubelet ends it. @returns the exit status */
  end(): Promise<number | null | undefined> {
    return this.#processes.end('broker', 'SIGTERM');
  }

  /** Waits until it has ended by itself. @returns the exit status */
  exited(): Promise<number | null | undefined> {
    return this.#processes.exited('broker');
  }

  async remove(): Promise<void> {
    await this.#processes.end('broker', 'SIGKILL');
    await this.#processes.endAll();
    this.pod.remove();
  }
}
