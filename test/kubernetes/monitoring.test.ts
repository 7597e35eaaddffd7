import { globSync } from 'node:fs';
import { basename } from 'node:path';
import type { IServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import type { IService } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterRunbook, localRunbook, prometheusRules } from '../../deploy/kubernetes/prometheus-rules.js';
import { type Labels, labelsOf, Manifests, selects, textOf, top } from './manifests.js';

const manifests = Manifests.of('overlays/prometheus-operator');

interface Rules {
  spec: { groups: { name: string }[] };
}

/** Bytes that all annotations of an object may have; `kubectl apply` writes the object into one. */
const annotationBytes = 262_144;

describe('the ServiceMonitor', () => {
  const { spec } = manifests.the<Required<IServiceMonitor>>('ServiceMonitor', 'token-broker');
  const selected = manifests
    .kind<Required<IService>>('Service')
    .filter(({ metadata }) => selects(spec.selector.matchLabels as Labels, metadata.labels));

  it('scrapes each pod once, at its management port', () => {
    expect(selected.map(({ metadata }) => metadata.name)).toEqual(['token-broker-management']);
    const [service] = selected;
    expect(spec.endpoints.map(({ port, path }) => [port, path])).toEqual([['management', '/metrics']]);
    expect(service?.spec.ports?.map(({ name }) => name)).toEqual(['management']);
    expect(selects(service?.spec.selector as Labels, labelsOf(manifests.broker))).toBe(true);
  });

  it('gives the job the name, and the interval, that the rules and dashboards were made for', () => {
    const { scrape_configs: scrapes, global } = parse(textOf('deploy/prometheus/prometheus.yaml')) as {
      scrape_configs: { job_name: string }[];
      global: { scrape_interval: string };
    };
    const jobs = selected.map(({ metadata }) => metadata.labels?.[spec.jobLabel!]);
    expect(jobs).toEqual(scrapes.map(({ job_name: name }) => name));
    expect(spec.endpoints[0]?.interval).toBe(global.scrape_interval);
  });
});

describe('the PrometheusRules', () => {
  const path = 'deploy/kubernetes/components/prometheus-operator/prometheus-rules.yaml';

  it('are made from deploy/prometheus; after a change of that run `npm run manifests`', () => {
    const [written, made] = [textOf(path), prometheusRules()].map((text) => Manifests.parse(text).all);
    expect(written).toEqual(made);
  });

  it('link the runbook that RUNBOOK_URL names, with the name of the alert', () => {
    const rules = prometheusRules('https://wiki.example/broker');
    const links = [...rules.matchAll(/runbook_url: (\S+)#(\w+)/g)];
    expect(new Set(links.map(([, page]) => page))).toEqual(new Set(['https://wiki.example/broker']));
    expect(links.map(([, , section]) => section)).toContain('tokenbrokerabsent');
  });

  it.each(['rules', 'alerts'])('have what Prometheus itself reads as %s.yaml', (name) => {
    const { spec } = manifests.the<Rules>('PrometheusRule', `token-broker-${name}`);
    const own = textOf(`deploy/prometheus/${name}.yaml`).replaceAll(`${localRunbook}#`, `${clusterRunbook}#`);
    expect(spec).toEqual(parse(own));
    const names = spec.groups.map((group) => group.name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe('the dashboards', () => {
  const maps = manifests
    .kind<{ data: Record<string, string> }>('ConfigMap')
    .filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1');

  it('are all there, as they are for Grafana itself', () => {
    const files = globSync('deploy/grafana/dashboards/*.json', { cwd: top });
    const texts = files.map((file) => [basename(file), textOf(file)]);
    const mounted = maps.flatMap(({ data }) => Object.entries(data));
    expect(files.length).toBeGreaterThan(0);
    expect(mounted.toSorted()).toEqual(texts.toSorted());
  });

  it('are small enough to be applied', () => {
    for (const map of maps) expect(Buffer.byteLength(JSON.stringify(map))).toBeLessThan(annotationBytes);
  });
});
