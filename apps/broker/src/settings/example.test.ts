import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadSettings } from './load-settings.js';

const example = fileURLToPath(new URL('../../examples/rabot.yaml', import.meta.url));

const environment = {
  RABOT_CLIENT_ID: 'client-1',
  RABOT_CLIENT_SECRET: 'not-a-real-secret',
  ORDER_SERVICE_KEY_SHA256: `sha256:${'1'.repeat(64)}`,
  FINANCE_REPORT_KEY_SHA256: `sha256:${'2'.repeat(64)}`,
  SUPPORT_DESK_KEY_SHA256: `sha256:${'3'.repeat(64)}`,
};

it('the example works as soon as its variables are set', () => {
  const { settings, warnings } = loadSettings(example, environment);
  expect(warnings).toEqual([]);
  expect(settings.clients.rabot).toMatchObject({
    tokenEndpoint: 'https://auth.rabot-charge.de/connect/token',
    clientAuthentication: 'client_secret_post',
    clientId: 'client-1',
  });
  expect(settings.clients.rabot?.scopes.size).toBe(5);
  expect(Object.keys(settings.consumers)).toEqual(['order-service', 'finance-report', 'support-desk']);
});

it('the example names every variable that is missing', () => {
  const faults = Object.keys(environment).map((name) => expect.stringContaining(`variable ${name}, which`));
  expect(() => loadSettings(example, {})).toThrow(expect.objectContaining({ faults }));
});

it('the example names its schema for editors', () => {
  expect(readFileSync(example, 'utf8').split('\n')[0]).toBe(
    '# yaml-language-server: $schema=../settings.schema.json',
  );
});
