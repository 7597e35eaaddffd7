import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../package.json' with { type: 'json' };
import { SettingsFolder } from '#test/settings-folder.js';
import { containerOf, type Manifest, Manifests, podOf, type Workload } from '../kubernetes/manifests.js';
import { modelPath, unknownFields } from '../kubernetes/object-types.js';
import { Chart, chartFolder, example, merged, type Values } from './chart.js';

const folder = 'overlays/redis';
let chart: Chart;
let everything: Manifests;

beforeAll(() => {
  chart = new Chart();
  everything = chart.rendered(example('everything'));
}, 120_000);
afterAll(() => chart?.remove());

/** The values that make what the kustomization makes. */
function valuesOf(kustomized: Manifests): Values {
  const { data } = kustomized.the<{ data: Record<string, string> }>('ConfigMap', 'token-broker-settings');
  const policy = kustomized.the<{ spec: { egress: object[] } }>('NetworkPolicy', 'token-broker');
  return {
    settings: parse(data['settings.yaml']!) as Values,
    podDisruptionBudget: { enabled: true },
    autoscaling: { enabled: true },
    networkPolicy: { egress: { rules: policy.spec.egress.slice(1) } },
  };
}

/** Without what only Helm writes: its labels, its annotation, values that are defaults, the settings as text. */
function comparable(manifest: Manifest): unknown {
  const text = JSON.stringify(manifest, (name, value: unknown) => {
    const isHelms = /^(app\.kubernetes\.io\/(instance|version|managed-by)|helm\.sh\/chart)$/.test(name);
    if (isHelms || name === 'annotations' || name === 'namespace') return undefined;
    if ((name === 'imagePullPolicy' && value === 'IfNotPresent') || (name === 'scheme' && value === 'HTTP'))
      return undefined;
    if (name === 'type' && value === 'ClusterIP') return undefined;
    return name === 'settings.yaml' ? parse(value as string) : value;
  });
  return JSON.parse(text);
}

/** Of the values, as Helm does it. */
function validator() {
  const schema = JSON.parse(readFileSync(join(chartFolder, 'values.schema.json'), 'utf8')) as object;
  return new Ajv({ strict: false }).compile(schema);
}

describe('the Helm chart', () => {
  it('makes what the kustomization makes, object by object', () => {
    const kustomized = Manifests.of(folder);
    const made = chart.rendered(valuesOf(kustomized));
    for (const manifest of made.all) {
      const { kind, metadata } = manifest;
      expect(comparable(manifest), `${kind} ${metadata.name}`).toEqual(
        comparable(kustomized.the(kind, metadata.name)),
      );
    }
    const missing = kustomized.all.filter(
      ({ kind, metadata }) =>
        !made.all.some((one) => one.kind === kind && one.metadata.name === metadata.name),
    );
    // The Redis beside the broker is for trying out; a chart takes one that is there.
    expect(missing.filter(({ metadata }) => !metadata.name.includes('redis'))).toEqual([]);
  });

  it('makes objects that the types of Kubernetes have, for every part', { timeout: 120_000 }, () => {
    const own = everything.all.filter(
      ({ apiVersion }) => !/cert-manager|external-secrets|gateway/.test(apiVersion),
    );
    expect(unknownFields(own)).toEqual([]);
    expect(everything.all.map(({ kind }) => kind).toSorted()).toEqual([
      'Certificate',
      'ConfigMap',
      'Deployment',
      'ExternalSecret',
      'HTTPRoute',
      'HorizontalPodAutoscaler',
      'Ingress',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'PodMonitor',
      'Service',
      'Service',
      'ServiceAccount',
    ]);
    expect(own.map(modelPath)).not.toEqual([]);
  });

  it('takes the image by its digest, pull secrets, a priority class and several secrets', () => {
    const pod = podOf(everything.broker);
    expect(containerOf(everything.broker).image).toMatch(/^registry\.example\/token-broker@sha256:0{64}$/);
    expect(pod).toMatchObject({
      imagePullSecrets: [{ name: 'registry-credentials' }],
      priorityClassName: 'platform',
    });
    const volumes = Object.fromEntries(pod.volumes!.map((volume) => [volume.name, volume]));
    expect(volumes['secrets']?.projected?.sources).toHaveLength(2);
    expect(volumes['tls']?.secret?.secretName).toBe('token-broker-tls');
  });

  it('mounts settings that the broker takes', () => {
    const { data } = everything.the<{ data: Record<string, string> }>('ConfigMap', 'token-broker-settings');
    const files = new SettingsFolder();
    try {
      files.write('file', 'x');
      const faults = files.faults(data['settings.yaml']!);
      // Nothing but what the Secrets hold is missing here.
      expect(faults.filter((fault) => !fault.includes('must be a readable file'))).toEqual([]);
    } finally {
      files.remove();
    }
  });

  it('lets OpenShift choose the numbers, and listens on IPv6 alone', () => {
    const base = example('everything');
    const openshift = chart.rendered(merged(base, example('openshift')));
    const { securityContext } = podOf(openshift.broker);
    expect(securityContext).toMatchObject({ runAsNonRoot: true });
    expect(securityContext).not.toHaveProperty('runAsUser');
    const service = chart
      .rendered(merged(base, example('ipv6')))
      .the<{ spec: object }>('Service', 'token-broker');
    expect(service.spec).toMatchObject({ ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' });
  });

  it('replaces the pods for what is fixed at the start, and for nothing else', () => {
    const annotation = (values: Values) => {
      const { spec } = chart.rendered(merged(example('everything'), values)).broker as Workload;
      return (spec.template.metadata as { annotations: Record<string, string> }).annotations[
        'checksum/fixed-settings'
      ];
    };
    const before = annotation({});
    expect(annotation({ settings: { maxRequestsPerSecond: 10 } })).toBe(before);
    expect(annotation({ settings: { listen: { port: 8081 } } })).not.toBe(before);
  });

  it('probes, scrapes and names the ports by TLS where the settings have it', () => {
    const tls = {
      certificate: { file: '/etc/token-broker/tls/tls.crt' },
      key: { file: '/etc/token-broker/tls/tls.key' },
    };
    const endpoint = { authorization: { credentials: { name: 'prometheus', key: 'token' } } };
    const values = { settings: { management: { tls } }, monitoring: { endpoint } };
    const made = chart.rendered(merged(example('everything'), values));
    const { readinessProbe } = containerOf(made.broker) as { readinessProbe?: object };
    expect(readinessProbe).toMatchObject({ httpGet: { scheme: 'HTTPS' } });
    const monitor = made.the<{ spec: { podMetricsEndpoints: object[] } }>('PodMonitor', 'token-broker');
    expect(monitor.spec.podMetricsEndpoints).toEqual([
      { port: 'management', interval: '15s', scheme: 'https', ...endpoint },
    ]);
    const portOf = (name: string) =>
      made.the<{ spec: { ports: { appProtocol: string }[] } }>('Service', name).spec.ports[0]!.appProtocol;
    expect([portOf('token-broker'), portOf('token-broker-management')]).toEqual(['https', 'https']);
  });

  it('lets an ingress controller in where it has a way to it', () => {
    const policy = everything.the<{ spec: { ingress: { from: object[] }[] } }>(
      'NetworkPolicy',
      'token-broker',
    );
    expect(policy.spec.ingress[0]!.from).toHaveLength(2);
  });

  it('refuses what cannot work', () => {
    expect(() => chart.rendered({})).toThrow('settings.clients must name at least one client');
    const base = merged(example('everything'), { settings: { store: null } });
    expect(() => chart.rendered(base)).toThrow('settings.store must name the Redis');
    const plain = merged(example('everything'), { settings: { listen: { tls: null } } });
    expect(() => chart.rendered(plain)).toThrow('certificate.enabled: settings.listen.tls');
  });

  it('has a schema that takes its examples, and refuses what is misspelt', () => {
    const validate = validator();
    const { schema } = validate;
    const { global: _ofHelm, ...own } = (schema as { properties: Values }).properties;
    expect(Object.keys(own).toSorted()).toEqual(Object.keys(chart.defaults).toSorted());
    for (const values of [{}, example('everything'), example('openshift'), example('ipv6')]) {
      expect([validate(merged(chart.defaults, values)), validate.errors]).toEqual([true, null]);
    }
    // What Helm adds where the chart is a subchart.
    expect(validate(merged(chart.defaults, { global: {} }))).toBe(true);
  });

  it.each<Values>([
    { replicas: 3 },
    { replicaCount: '3' },
    { image: { digest: 'latest' } },
    { image: { tag: 0.2 } },
    { image: { repository: '' } },
    { imagePullSecrets: ['registry-credentials'] },
    { existingSecrets: 'token-broker-secrets' },
    { existingSecrets: [] },
    { settings: { listen: { port: '8080' } } },
    { settings: { management: { port: 90_000 } } },
    { settings: { clients: [{ rabot: {} }] } },
    { env: [{ NAME: 'value' }] },
    { extraVolumeMounts: [{ name: 'ca' }] },
    { podLabels: { enabled: true } },
    { certificate: { enabled: true } },
    { certificate: { duration: '90d' } },
    { externalSecret: { enabled: true, secretStoreRef: { name: 'vault' } } },
    { externalSecret: { data: [{ secretKey: 'rabot', remoteKey: 'rabot' }] } },
    { ingress: { enabled: true } },
    { ingress: { hosts: ['broker.example'] } },
    { ingress: { hosts: [{ host: 'broker.example', paths: [{ path: '/token' }] }] } },
    { httpRoute: { enabled: true } },
    { httpRoute: { parentRefs: ['internal'] } },
    { service: { ipFamilies: ['v6'] } },
    { networkPolicy: { egress: [{ ports: [] }] } },
    { podDisruptionBudget: { maxUnavailable: 'one' } },
    { autoscaling: { minReplicas: 0 } },
    { autoscaling: { targetCPU: '500m' } },
    { monitoring: { kind: 'both' } },
    { probeScheme: 'https' },
    { tolerations: { key: 'dedicated' } },
  ])('refuses the mistake %j', (wrong) => {
    expect(validator()(merged(chart.defaults, wrong))).toBe(false);
  });

  it('has the version of the broker', () => {
    const meta = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')) as Record<string, string>;
    expect(meta).toMatchObject({ version: packageJson.version, appVersion: packageJson.version });
  });
});
