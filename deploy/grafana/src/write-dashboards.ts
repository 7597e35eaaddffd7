import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dashboards } from './dashboards.js';

// npm run dashboards: writes what Grafana is provisioned with.
const folder = fileURLToPath(new URL('../dashboards/', import.meta.url));
for (const [name, content] of await dashboards()) writeFileSync(`${folder}${name}`, content);
