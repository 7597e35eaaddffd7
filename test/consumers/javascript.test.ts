import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runPage } from './run-page.js';

runPage('how-to/ways-in/javascript.md', {
  name: 'js',
  prepare: ({ folder }) =>
    symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules')),
  run: (code, scene) => scene.output(process.execPath, [scene.write('program.mjs', code)]),
});
