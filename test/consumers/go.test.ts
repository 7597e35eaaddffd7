import { join } from 'node:path';
import { goPath } from '#test/programs.js';
import type { ConsumerScene } from './consumer-scene.js';
import { runPage } from './run-page.js';

/** Without modules: the packages are Debian's, and nothing is downloaded. */
function surroundings({ folder }: ConsumerScene): NodeJS.ProcessEnv {
  const GOCACHE = join(folder, 'cache');
  return { GO111MODULE: 'off', GOPATH: goPath, GOCACHE, GOFLAGS: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
}

runPage('how-to/ways-in/go.md', {
  name: 'go',
  async run(code, scene) {
    const file = scene.write('program.go', code);
    const unformatted = await scene.output('gofmt', ['-l', file], surroundings(scene));
    if (unformatted !== '') throw new Error('gofmt would write it differently');
    await scene.output('go', ['vet', file], surroundings(scene));
    await scene.output('go', ['build', '-o', 'program', file], surroundings(scene));
    return scene.output(join(scene.folder, 'program'), []);
  },
});
