import { shell } from './shell.js';
import { runPage } from './run-page.js';

runPage('curl.md', { name: 'sh', run: shell });
