import { shell } from './shell.js';
import { runPage } from './run-page.js';

runPage('how-to/ways-in/curl.md', { name: 'sh', run: shell });
