import { describe, expect, it } from 'vitest';
import { client } from '#test/partner.js';
import { answer, ownServer, type Respond } from '../oauth/own-server.js';
import { diagnosis, settingsFile } from './doctor-report.js';

async function examined(respond: Respond, fields: object = {}) {
  const { origin } = await ownServer(respond);
  return diagnosis(settingsFile({ rabot: client({ tokenEndpoint: `${origin}/token` }, fields) }));
}

describe('the doctor, of token endpoints that deviate from RFC 6749', () => {
  it('names bodyFormat at 415', async () => {
    const found = await examined((response, { headers }) =>
      answer(response, headers['content-type'] === 'application/json' ? 200 : 415),
    );
    expect(found.codes).toEqual(['body_format']);
    expect(found.findings[0]?.hints[0]).toContain('set bodyFormat');
  });

  it('names headers at a 403 of a gateway', async () => {
    const found = await examined((response) => answer(response, 403, { message: 'Forbidden' }));
    expect(found.findings[0]?.hints.join()).toContain('set headers of this client');
  });

  it('names responseFields, and the fields of a response without access_token', async () => {
    const found = await examined((response) => answer(response, 200, { jwt: 'not-a-real-token', ttl: 60 }));
    expect(found.codes).toEqual(['answer_malformed']);
    expect(found.findings[0]?.detail).toMatch(/but jwt, ttl;.*responseFields/);
    expect(found.stdout).not.toContain('not-a-real-token');
  });

  it('names scopeSeparator when several scopes are refused together', async () => {
    const found = await examined((response) => answer(response, 400, { error: 'invalid_scope' }));
    expect(found.findings[0]?.hints.join()).toContain('set scopeSeparator');
  });

  it('finds nothing where the settings say how the server is', async () => {
    const found = await examined(
      (response, { text, headers }) => {
        const { scope } = JSON.parse(text) as { scope: string };
        const isRight = scope === 'api:partner,create:orders' && headers['x-api-key'] === 'not-a-real-key';
        answer(response, isRight ? 200 : 400, {
          data: { token: 'some-token', expires: Date.now() + 600_000 },
        });
      },
      {
        headers: { 'x-api-key': 'not-a-real-key' },
        bodyFormat: 'json',
        scopeSeparator: ',',
        responseFields: { access_token: 'data.token', expires_at: 'data.expires' },
      },
    );
    expect(found.codes).toEqual([]);
    expect(found.report.clients[0]?.requests[0]?.lifetime).toBeGreaterThan(590);
  });
});
