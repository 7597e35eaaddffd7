import { python } from '#test/programs.js';
import { runPage } from './run-page.js';

runPage('how-to/ways-in/python.md', {
  name: 'python',
  run: (code, scene) =>
    scene.output(python, [scene.write('program.py', code)], {
      OAUTHLIB_INSECURE_TRANSPORT: '1',
      PYTHONDONTWRITEBYTECODE: '1',
    }),
});
