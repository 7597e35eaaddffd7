import { join } from 'node:path';
import { mergeConfig } from 'vitest/config';
import own from '../../vitest.config.js';

/** What `npm test` has no time for: an image that installs and builds in itself, and the services of docker-compose.yml. */
const { projects: _projects, ...shared } = own.test!;

export default mergeConfig(
  { ...own, test: shared },
  { test: { dir: join(import.meta.dirname), include: ['*.whole.ts'], maxWorkers: 1 } },
);
