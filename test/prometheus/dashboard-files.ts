import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** deploy/grafana/dashboards. */
const folder = fileURLToPath(new URL('../../deploy/grafana/dashboards/', import.meta.url));

export interface Panel {
  type: string;
  title: string;
  description?: string;
  links?: { url: string }[];
  datasource?: { uid: string };
  fieldConfig?: { defaults: { unit?: string } };
  targets?: { expr: string; legendFormat: string }[];
}

/** Content by file name. */
export const dashboardFiles = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(`${folder}${name}`, 'utf8')] as const),
);

/** All but the titles of rows. */
export const panels = [...dashboardFiles.values()]
  .flatMap((content) => (JSON.parse(content) as { panels: Panel[] }).panels)
  .filter(({ type }) => type !== 'row');

export const dashboardQueries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr }) => ({ title, expr })),
);
