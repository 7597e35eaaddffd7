import { describe, expect, it } from 'vitest';
import { client, clientSecret, registration } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { diagnosis, settingsFile } from './doctor-report.js';

describe('the doctor, of credentials', () => {
  it.each([
    ['white space at the end', `${clientSecret} `, /clientSecret \(line \d+\) ends with white space/],
    ['white space in front', ` ${clientSecret}`, /clientSecret \(line \d+\) begins with white space/],
    ['quotes', `"${clientSecret}"`, /clientSecret \(line \d+\) is in quotes/],
    ['base64', Buffer.from(`${clientSecret}\n`).toString('base64'), /looks like base64/],
    ['an API key', 'tbk_not-a-real-key', /looks like a consumer's API key/],
  ])('points to %s', async (_, secret, hint) => {
    const server = await runningServer();
    const { codes, findings, stdout } = await diagnosis(
      settingsFile({ rabot: client(server, { clientSecret: secret }) }),
    );
    expect(codes).toEqual(['credential_refused']);
    expect(findings[0]?.hints).toContainEqual(expect.stringMatching(hint));
    expect(stdout).not.toContain(secret.trim());
  });

  it('points to names of another environment, and to a client there with the same secret', async () => {
    const server = await runningServer({ clients: [registration('whitelabel', ['another-fake-secret'])] });
    const staging = await runningServer();
    const own = { clientSecret: '${RABOT_STAGING_SECRET}' };
    const file = settingsFile({ rabot: client(server, own), 'rabot-staging': client(staging) });
    const { findings, stdout } = await diagnosis(file, { RABOT_STAGING_SECRET: clientSecret });
    expect(findings.map(({ code }) => code)).toEqual(['credential_refused']);
    expect(findings[0]?.hints).toEqual([
      expect.stringMatching(/variable RABOT_STAGING_SECRET suggests staging, .* suggests production/),
      expect.stringMatching(/client rabot-staging at \S+ has the same clientSecret and clientId/),
    ]);
    expect(stdout).not.toContain(clientSecret);
  });

  it('names a secret that expires soon, or has expired', async () => {
    const server = await runningServer();
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const codesOf = async (expiresAt: string) =>
      (await diagnosis(settingsFile({ rabot: client(server, { expiresAt }) }))).codes;
    expect(await codesOf(inDays(40))).toEqual([]);
    expect(await codesOf(inDays(20))).toEqual(['credential_expires_soon']);
    expect(await codesOf(inDays(-1))).toEqual(['credential_expired']);
  });

  it('stops at a wrong credential, since repeated log-ins lock accounts', async () => {
    const server = await runningServer();
    const fields = {
      clientSecret: 'another-fake-secret',
      preload: [['create:orders'], ['role:finance-reporting']],
    };
    const { report } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(server.counts.total).toBe(1);
    expect(report.clients[0]).toMatchObject({ notAsked: { scopeSets: 1 } });
  });

  it('tries the second secret of a rotation once, and says so', async () => {
    const server = await runningServer();
    const fields = { clientSecret: ['another-fake-secret', clientSecret], preload: [['api:partner']] };
    const { codes, status } = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect({ codes, status }).toEqual({ codes: ['first_secret_refused'], status: 0 });
    expect(server.counts.byOutcome).toEqual({ invalid_client: 1, issued: 2 });
  });
});

describe('the doctor, of scopes', () => {
  it('goes on after one scope set that is refused, and asks for each distinct one once', async () => {
    const server = await runningServer();
    const scopes = ['api:partner', 'create:orders', 'read:meters', 'role:application'];
    const preload = [['read:meters'], ['create:orders'], ['create:orders', 'api:partner']];
    const { report, codes } = await diagnosis(settingsFile({ rabot: client(server, { scopes, preload }) }));
    expect(codes).toEqual(['scope_not_assigned']);
    expect(report.clients[0]?.requests.map((one) => [one.scopes, one.wantedBy])).toEqual([
      ['api:partner read:meters', ['preload']],
      ['api:partner create:orders', ['preload', 'order-service']],
    ]);
    expect(server.counts.total).toBe(2);
  });

  it('asks for no more than ten scope sets, nor for more than half of the budget', async () => {
    const server = await runningServer();
    const scopes = Array.from({ length: 14 }, (_, n) => `scope:${n}`);
    server.misbehave({ answer: { error: 'invalid_scope' } });
    const fields = {
      scopes: ['api:partner', 'create:orders', ...scopes],
      preload: scopes.map((one) => [one]),
    };
    const many = await diagnosis(settingsFile({ rabot: client(server, fields) }));
    expect(many.report.clients[0]).toMatchObject({
      notAsked: { scopeSets: 5, because: '10 are the most that are tried' },
    });
    expect(server.counts.total).toBe(10);

    server.reset();
    await diagnosis(settingsFile({ rabot: client(server, { ...fields, maxTokenRequestsPerMinute: 4 }) }));
    expect(server.counts.total).toBe(2);
  });
});
