import { requireCurl } from '#test/require-curl.js';
import { shell } from './shell.js';
import { runPage } from './run-page.js';

runPage('curl.md', { name: 'sh', prepare: requireCurl, run: shell });
