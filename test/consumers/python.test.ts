import { python, requirePython } from '#test/require-python.js';
import { runPage } from './run-page.js';

runPage('python.md', {
  name: 'python',
  prepare: requirePython,
  run: (code, scene) =>
    scene.output(python, [scene.write('program.py', code)], {
      OAUTHLIB_INSECURE_TRANSPORT: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    }),
});
