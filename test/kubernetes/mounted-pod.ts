import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IVolume } from 'kubernetes-models/v1';
import { MountedFiles } from '#test/mounted-files.js';
import { type DocumentedSecret, documentedSecret } from './documented.js';
import { containerOf, type Manifests, podOf, type Workload } from './manifests.js';

type Files = Record<string, string>;

export interface Surroundings {
  /** Of the client in the settings. */
  clientSecret: string;
  /** What stands in the files, and what it is on this machine. */
  moves?: readonly (readonly [from: string, to: string])[];
  /** Content of the files that the cluster makes. */
  projected?: Files;
}

/** Folders with what a pod has mounted, as Kubernetes mounts it. */
export class MountedPod {
  readonly #folder = mkdtempSync(join(tmpdir(), 'token-broker-pod-'));
  /** By the path in the container. */
  readonly #mounts = new Map<string, MountedFiles>();
  readonly secret: DocumentedSecret;

  constructor(
    private readonly manifests: Manifests,
    private readonly workload: Workload,
    private readonly surroundings: Surroundings,
  ) {
    this.secret = documentedSecret(this.#folder, surroundings.clientSecret);
    const mounts = containerOf(workload).volumeMounts ?? [];
    for (const { name, mountPath } of mounts) {
      this.#mounts.set(mountPath, new MountedFiles(this.#filesOf(name)));
    }
    for (const { name } of mounts) this.rewrite(name);
  }

  /** The text with folders of this machine instead of those in the container. */
  here(text: string): string {
    const mounts = [...this.#mounts].map(([path, { folder }]) => [path, folder] as const);
    const moves = [...(this.surroundings.moves ?? []), ...mounts];
    return moves.reduce((moved, [from, to]) => moved.replaceAll(from, to), text);
  }

  /** Puts another version of a volume in place, as after a change of its ConfigMap or Secret. */
  rewrite(volume: string, changed: Files = {}): void {
    const { mountPath = '' } = containerOf(this.workload).volumeMounts!.find(({ name }) => name === volume)!;
    const files = Object.entries({ ...this.#filesOf(volume), ...changed });
    this.#mounts
      .get(mountPath)!
      .replace(Object.fromEntries(files.map(([name, text]) => [name, this.here(text)])));
  }

  remove(): void {
    for (const files of this.#mounts.values()) files.remove();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #filesOf(volumeName: string): Files {
    const { configMap, secret, projected } = this.#volume(volumeName);
    if (configMap) return this.manifests.the<{ data: Files }>('ConfigMap', configMap.name ?? '').data;
    if (secret) return this.secret.files;
    const paths = projected!.sources!.flatMap(({ serviceAccountToken, configMap: map }) =>
      map ? map.items!.map(({ path }) => path) : [serviceAccountToken!.path],
    );
    return Object.fromEntries(paths.map((path) => [path, this.surroundings.projected?.[path] ?? '']));
  }

  /** @throws Error when there is none */
  #volume(name: string): IVolume {
    const found = podOf(this.workload).volumes?.find((volume) => volume.name === name);
    if (found === undefined) throw new Error(`there is no volume ${name}`);
    return found;
  }
}
