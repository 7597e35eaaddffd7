import { expect, it } from 'vitest';
import { ApiDocs } from './api-docs.js';

it('the document and its page follow the address in the settings', () => {
  let address = 'https://one.example';
  const docs = new ApiDocs(() => address, '0.0.0');
  expect(docs.document.servers[0]?.url).toBe('https://one.example');
  expect(docs.document).toBe(docs.document);

  address = 'https://two.example/<b>';

  expect(docs.document.servers[0]?.url).toBe(address);
  expect(docs.page).toContain(`curl -s 'https://two.example/&lt;b&gt;/token?`);
  expect(docs.page).not.toContain('https://one.example');
});
