import { expect, it } from 'vitest';
import { OpenApiFile } from './openapi.js';

it('the document has the version of the build and the address in the active settings', () => {
  const settings = { publicUrl: 'https://one.example' };
  const file = new OpenApiFile({ active: { settings } } as never, '1.2.3');
  expect(file.current.info.version).toBe('1.2.3');
  expect(file.current.servers[0]?.url).toBe('https://one.example');
  expect(file.current).toBe(file.current);

  settings.publicUrl = "https://two.example/$&'/";

  expect(file.current.servers[0]?.url).toBe("https://two.example/$&'");
  const text = JSON.stringify(file.current);
  const { source } = file.current.paths['/token']!['get']!['x-codeSamples'][0]!;
  expect(source).toContain("curl -s 'https://two.example/$&'/token?");
  expect(text).not.toMatch(/one\.example|\{server\}|\{version\}/);
});
