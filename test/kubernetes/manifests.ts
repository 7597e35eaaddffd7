import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Container, IContainer, IPodSpec, IPodTemplateSpec } from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Labels };
}

export type Labels = Record<string, string>;

/** What runs pods. */
export interface Workload extends Manifest {
  spec: { replicas?: number; selector: { matchLabels: Labels }; template: IPodTemplateSpec };
}

export const top = fileURLToPath(new URL('../../', import.meta.url));

/** All that can be applied, by the folder in deploy/kubernetes. */
export const folders = [
  'overlays/memory',
  'overlays/redis',
  'overlays/prometheus-operator',
  'examples/workload-identity',
] as const;

export type Folder = (typeof folders)[number];

export function textOf(path: string): string {
  return readFileSync(join(top, path), 'utf8');
}

/** What `kubectl apply --kustomize` would send to the cluster. */
export class Manifests {
  private constructor(readonly all: readonly Manifest[]) {}

  static of(folder: Folder): Manifests {
    return Manifests.in(join(top, 'deploy/kubernetes', folder));
  }

  static in(path: string): Manifests {
    return Manifests.parse(execFileSync('kubectl', ['kustomize', path], { encoding: 'utf8' }));
  }

  static parse(yaml: string): Manifests {
    // As kubectl reads it: 0440 is octal there, as it was before YAML 1.2.
    const documents = parseAllDocuments(yaml, { version: '1.1' });
    return new Manifests(documents.map((document) => document.toJS() as Manifest));
  }

  kind<T>(kind: string): (T & Manifest)[] {
    return this.all.filter((one) => one.kind === kind) as (T & Manifest)[];
  }

  /** @throws Error when there is none */
  the<T>(kind: string, name: string): T & Manifest {
    const found = this.kind<T>(kind).find(({ metadata }) => metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  }

  get workloads(): Workload[] {
    return this.kind<Workload>('Deployment');
  }

  get broker(): Workload {
    return this.the<Workload>('Deployment', 'token-broker');
  }
}

export function podOf({ spec }: Workload): IPodSpec {
  return spec.template.spec!;
}

export function labelsOf({ spec }: Workload): Labels {
  return spec.template.metadata!.labels as Labels;
}

/** @throws Error unless there is exactly one */
export function containerOf(workload: Workload): IContainer {
  const [container, ...others] = podOf(workload).containers;
  if (container === undefined || others.length > 0) throw new Error('there is not one container');
  return container as Container;
}

/** Whether all labels of the selector are there. */
export function selects(selector: Labels, labels: Labels | undefined): boolean {
  return Object.entries(selector).every(([name, value]) => labels?.[name] === value);
}

/** The number of a container's port, by its name or number. @throws Error when there is none */
export function portOf(workload: Workload, nameOrNumber: string | number): number {
  const found = containerOf(workload).ports?.find(({ name, containerPort }) =>
    [name, containerPort].includes(nameOrNumber),
  );
  if (found === undefined) throw new Error(`${workload.metadata.name} has no port ${nameOrNumber}`);
  return found.containerPort;
}
