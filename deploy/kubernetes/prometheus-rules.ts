import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';

/** The runbook that a broker serves, where docker-compose.yml, `kubectl port-forward` and a broker on this machine have it. */
export const localRunbook = 'http://127.0.0.1:9090/runbook';
/** The same page by the Service of deploy/kubernetes. */
export const clusterRunbook = 'http://token-broker-management.token-broker.svc:9090/runbook';

/** In deploy/prometheus, for a Prometheus without an operator. */
const sources = ['rules', 'alerts'];

/**
 * YAML of the objects by which the Prometheus operator takes the rules: Kustomize cannot put a file into a field.
 * One for each file, as both may have groups of the same name.
 */
export function prometheusRules(runbook = clusterRunbook): string {
  const origin = '# Made from the files in deploy/prometheus by `npm run manifests`.\n';
  // Not folded: Kustomize takes an indented line in folded text for two.
  return (
    origin +
    sources
      .map((name) => stringify(prometheusRule(name), { lineWidth: 0 }))
      .join('---\n')
      .replaceAll(`${localRunbook}#`, `${runbook}#`)
  );
}

function prometheusRule(source: string): object {
  const text = readFileSync(new URL(`../prometheus/${source}.yaml`, import.meta.url), 'utf8');
  const { groups } = parse(text) as { groups: object[] };
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: `token-broker-${source}`, labels: { 'app.kubernetes.io/name': 'token-broker' } },
    spec: { groups },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(prometheusRules(process.env['RUNBOOK_URL']));
