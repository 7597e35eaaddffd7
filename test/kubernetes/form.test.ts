import { describe, expect, it } from 'vitest';
import { folders, Manifests } from './manifests.js';
import { modelPath, unknownFields } from './object-types.js';

interface Model {
  validate(): void;
}

const built = folders.map((folder) => [folder, Manifests.of(folder)] as const);

describe.each(built)('what is applied from %s', (_, manifests) => {
  it('is valid by the OpenAPI types of Kubernetes and the Prometheus operator', async () => {
    for (const manifest of manifests.all) {
      const models = (await import(modelPath(manifest))) as Record<string, new (data: object) => Model>;
      const model = new models[manifest.kind]!(manifest);
      expect(() => model.validate(), `${manifest.kind} ${manifest.metadata.name}`).not.toThrow();
    }
  });

  it('has nothing twice, and everything in a namespace', () => {
    const names = manifests.all.map(({ kind, metadata: { namespace, name } }) =>
      [kind, namespace, name].join(),
    );
    expect(names).toEqual([...new Set(names)]);
    const nowhere = manifests.all.filter(
      ({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace === undefined,
    );
    expect(nowhere).toEqual([]);
  });
});

describe('the fields', () => {
  const all = built.flatMap(([, manifests]) => manifests.all);

  it('are those that the types have: Kubernetes drops others, or refuses them', { timeout: 120_000 }, () => {
    expect(unknownFields(all)).toEqual([]);
  });

  it('would be told when they are wrong', { timeout: 120_000 }, () => {
    const [broker] = built.map(([, manifests]) => structuredClone(manifests.broker));
    const misspelt = { readOnlyRootFileSystem: true };
    Object.assign(broker!.spec.template.spec!.containers[0]!.securityContext!, misspelt);
    expect(unknownFields([broker!])).toEqual([expect.stringContaining('"readOnlyRootFileSystem"')]);
  });
});
