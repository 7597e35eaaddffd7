import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { IService } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  containerOf,
  folders,
  type Labels,
  labelsOf,
  Manifests,
  podOf,
  portOf,
  selects,
} from './manifests.js';

const built = folders.map((folder) => [folder, Manifests.of(folder)] as const);

/** Milliseconds that the broker takes at most to finish what is in flight, after SIGTERM. */
const finishing = 10_000;

describe.each(built)('what is applied from %s', (_, manifests) => {
  const { broker, workloads } = manifests;
  const services = manifests.kind<Required<IService>>('Service');
  const policies = manifests.kind<Required<INetworkPolicy>>('NetworkPolicy');

  /** Those whose pods the labels select: one at least. */
  function selected(labels: unknown): typeof workloads {
    const found = workloads.filter((workload) => selects(labels as Labels, labelsOf(workload)));
    if (found.length === 0) throw new Error(`nothing has the labels ${JSON.stringify(labels)}`);
    return found;
  }

  it('selects pods that there are, by labels that they have', () => {
    for (const workload of workloads) {
      expect(selected(workload.spec.selector.matchLabels)).toEqual([workload]);
      for (const { labelSelector } of podOf(workload).topologySpreadConstraints ?? []) {
        expect(selected(labelSelector?.matchLabels)).toEqual([workload]);
      }
    }
    for (const { spec } of [
      ...services,
      ...manifests.kind<Required<IPodDisruptionBudget>>('PodDisruptionBudget'),
    ]) {
      const { matchLabels = spec.selector } = spec.selector as { matchLabels?: unknown };
      expect(selected(matchLabels)).toHaveLength(1);
    }
    for (const { spec } of policies) selected(spec.podSelector?.matchLabels);
  });

  it('names ports that there are', () => {
    for (const { spec } of services) {
      const [workload] = selected(spec.selector);
      for (const { port, targetPort } of spec.ports ?? []) expect(portOf(workload!, targetPort!)).toBe(port);
    }
    for (const workload of workloads) {
      const { startupProbe, readinessProbe, livenessProbe } = containerOf(workload);
      for (const probe of [startupProbe, readinessProbe, livenessProbe].filter((one) => one !== undefined)) {
        expect(portOf(workload, (probe.httpGet ?? probe.tcpSocket)!.port)).toBeGreaterThan(0);
      }
    }
  });

  it("opens the consumers' port to labelled pods, and the management port to Prometheus in its namespace", () => {
    const ingress = policies
      .filter(({ spec }) => selected(spec.podSelector?.matchLabels).includes(broker))
      .flatMap(({ spec }) => spec.ingress ?? []);
    const ways = ingress.map(({ from, ports }) => [from?.[0]?.podSelector?.matchLabels, ports]);
    expect(ways).toEqual([
      [{ 'token-broker/consumer': 'true' }, [{ protocol: 'TCP', port: portOf(broker, 'consumers') }]],
      [{ 'app.kubernetes.io/name': 'prometheus' }, [{ protocol: 'TCP', port: portOf(broker, 'management') }]],
    ]);
    expect(ingress.map(({ from }) => from?.[0]?.namespaceSelector)).toEqual([
      {},
      { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
    ]);
  });

  it("lets each pod reach the pods that another one's policy lets it into, at ports that they have", () => {
    for (const { spec } of policies) {
      for (const { to = [], ports = [] } of spec.egress ?? []) {
        const targets = to
          .filter(({ podSelector, namespaceSelector }) => podSelector && !namespaceSelector)
          .flatMap(({ podSelector }) => selected(podSelector?.matchLabels));
        for (const target of targets) {
          expect(ports.map(({ port }) => portOf(target, port!))).toHaveLength(1);
          const own = policies.find((policy) =>
            selects(policy.spec.podSelector?.matchLabels as Labels, labelsOf(target)),
          );
          expect(own?.spec.ingress).toEqual([{ from: [{ podSelector: spec.podSelector }], ports }]);
        }
      }
    }
  });

  it('says for each policy what it is about, so that it cannot cut off more', () => {
    for (const { spec } of policies) {
      const about = [spec.ingress && 'Ingress', spec.egress && 'Egress'].filter(Boolean);
      expect(spec.policyTypes).toEqual(expect.arrayContaining(about));
    }
  });

  it('gives a stopping broker the time that it may take', () => {
    const { terminationGracePeriodSeconds: grace } = podOf(broker);
    const sleep = containerOf(broker).lifecycle?.preStop?.sleep?.seconds;
    expect(sleep).toBeGreaterThan(0);
    expect(grace! - sleep!).toBeGreaterThan(finishing / 1000 + 1);
  });

  it('keeps to the Pod Security Standard "restricted", and beyond', () => {
    for (const workload of workloads) {
      expect(podOf(workload)).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(podOf(workload).securityContext?.runAsUser).toBeGreaterThan(0);
      const { resources, securityContext } = containerOf(workload);
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect([
        resources?.requests?.['cpu'],
        resources?.requests?.['memory'],
        resources?.limits?.['memory'],
      ]).not.toContain(undefined);
    }
  });

  it('holds no secret', () => {
    expect(manifests.kind('Secret')).toEqual([]);
  });
});

describe('replicas', () => {
  it.each(['overlays/memory', 'examples/workload-identity'] as const)(
    'are one where %s has no store',
    (folder) => {
      const manifests = Manifests.of(folder);
      expect([settingsOf(manifests).store, manifests.broker.spec.replicas]).toEqual([undefined, 1]);
      expect(manifests.kind('HorizontalPodAutoscaler')).toEqual([]);
      // With one pod it would either keep nodes from being drained, or mean nothing.
      expect(manifests.kind('PodDisruptionBudget')).toEqual([]);
    },
  );

  it.each(['overlays/redis', 'overlays/prometheus-operator'] as const)(
    'are many, and scaled, where those of %s share a store',
    (folder) => {
      const manifests = Manifests.of(folder);
      const { apiVersion, kind, metadata, spec } = manifests.broker;
      const { name } = metadata;
      const scaler = manifests.the<Required<IHorizontalPodAutoscaler>>('HorizontalPodAutoscaler', name);
      const budget = manifests.the<Required<IPodDisruptionBudget>>('PodDisruptionBudget', name);
      expect(settingsOf(manifests).store).toBeDefined();
      expect(scaler.spec.scaleTargetRef).toEqual({ apiVersion, kind, name });
      // Else each `kubectl apply` would undo what the autoscaler did.
      expect(spec.replicas).toBeUndefined();
      expect(scaler.spec.minReplicas).toBeGreaterThan(budget.spec.maxUnavailable as number);
      expect(scaler.spec.maxReplicas).toBeGreaterThan(scaler.spec.minReplicas!);
    },
  );
});

function settingsOf(manifests: Manifests): { store?: object } {
  const { data } = manifests.the<{ data: Labels }>('ConfigMap', 'token-broker-settings');
  return parse(data['settings.yaml']!) as { store?: object };
}
