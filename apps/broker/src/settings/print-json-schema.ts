import { settingsJsonSchema } from './json-schema.js';

process.stdout.write(`${JSON.stringify(settingsJsonSchema(), undefined, 2)}\n`);
