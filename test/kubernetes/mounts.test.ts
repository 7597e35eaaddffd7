import { dirname } from 'node:path';
import type { IService } from 'kubernetes-models/v1';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LoadedSettings, loadSettings } from '../../apps/broker/src/settings/load-settings.js';
import { someCertificates } from '#test/certificates.js';
import { containerOf, folders, Manifests, podOf, portOf } from './manifests.js';
import { MountedPod } from './mounted-pod.js';

const built = folders.map((folder) => [folder, Manifests.of(folder)] as const);
const { ca } = await someCertificates();

describe.each(built)('what is mounted by %s', (_, manifests) => {
  const { broker, workloads } = manifests;

  function mounted(): MountedPod {
    const projected = { 'ca.crt': ca, token: 'not-a-real-token' };
    const pod = new MountedPod(manifests, broker, { clientSecret: 'not-a-real-secret', projected });
    onTestFinished(() => pod.remove());
    return pod;
  }

  function settingsOf(pod: MountedPod): LoadedSettings {
    const [, path = ''] = containerOf(broker).args!;
    return loadSettings(pod.here(path), {});
  }

  it('is there, and as whole folders: files that are mounted one by one never change', () => {
    for (const workload of workloads) {
      const names = podOf(workload).volumes?.map(({ name }) => name) ?? [];
      const mounts = containerOf(workload).volumeMounts ?? [];
      expect(mounts.map(({ name }) => name)).toEqual(names);
      for (const mount of mounts) {
        expect([mount.readOnly, mount.subPath, mount.subPathExpr]).toEqual([true, undefined, undefined]);
      }
    }
  });

  it("is for the pod's group only where it is secret", () => {
    for (const workload of workloads) {
      const { volumes = [], securityContext } = podOf(workload);
      const secret = volumes.flatMap(({ secret: own, projected }) => own ?? projected ?? []);
      expect(secret.map(({ defaultMode }) => defaultMode)).toEqual(secret.map(() => 0o440));
      expect(secret.map(() => securityContext?.fsGroup)).toEqual(
        secret.map(() => securityContext?.runAsGroup ?? 1000),
      );
    }
  });

  it('has settings that the broker accepts, together with the Secret of the documentation', () => {
    const pod = mounted();
    const { settings, sources, warnings } = settingsOf(pod);
    // Its NetworkPolicy restricts who reaches the port.
    expect(warnings).toEqual([expect.stringMatching(/^management\.authentication: is none/)]);
    expect([settings.listen.port, settings.management.port]).toEqual([
      portOf(broker, 'consumers'),
      portOf(broker, 'management'),
    ]);
    const mounts = new Set(containerOf(broker).volumeMounts!.map(({ mountPath }) => pod.here(mountPath)));
    expect(sources.filter((source) => !mounts.has(dirname(source)))).toEqual([]);
  });

  it('allows the way to the authorization servers of the settings', () => {
    const { settings } = settingsOf(mounted());
    const { egress } = manifests.the<Egress>('NetworkPolicy', 'token-broker').spec;
    const anywhere = egress
      .filter(({ to }) => to === undefined)
      .flatMap(({ ports }) => ports.map(({ port }) => port));
    for (const { tokenEndpoint } of Object.values(settings.clients)) {
      expect(anywhere).toContain(Number(new URL(tokenEndpoint!).port || 443));
    }
  });

  it('comes from the Secret that the documentation makes', () => {
    const made = mounted().secret;
    const wanted = podOf(broker).volumes?.find(({ secret }) => secret)?.secret?.secretName;
    expect([made.name, made.namespace]).toEqual([wanted, broker.metadata.namespace]);
  });
});

describe('the Redis of overlays/redis', () => {
  it('is where the documented Secret says', () => {
    const manifests = Manifests.of('overlays/redis');
    const pod = new MountedPod(manifests, manifests.broker, { clientSecret: 'not-a-real-secret' });
    onTestFinished(() => pod.remove());
    const url = new URL(pod.secret.files['redis-url']!);
    expect(url.password).toBe(pod.secret.files['redis-password']);
    const { metadata, spec } = manifests.the<Required<IService>>('Service', url.hostname);
    expect([metadata.namespace, spec.ports?.[0]?.port]).toEqual([pod.secret.namespace, Number(url.port)]);
  });
});

interface Egress {
  spec: { egress: { to?: unknown; ports: { port: number }[] }[] };
}
