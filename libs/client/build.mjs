import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

// Compiles the package twice: as ES modules, and as CommonJS for Jest and NestJS projects that call `require`.
rmSync('dist', { recursive: true, force: true });
for (const project of ['tsconfig.json', 'tsconfig.cjs.json']) {
  execFileSync('tsc', ['-p', project], { stdio: 'inherit' });
}
writeFileSync('dist/cjs/package.json', '{ "type": "commonjs" }\n');
