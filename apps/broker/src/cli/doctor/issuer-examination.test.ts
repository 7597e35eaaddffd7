import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '#test/free-port.js';
import { OwnIssuer } from '../../../../../test/http/own-issuer.js';
import { examineIssuers } from './issuer-examination.js';

it('says of each workload issuer whether its keys can be fetched', async () => {
  const own = await OwnIssuer.start();
  onTestFinished(() => own.stop());
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const common = { audience: 'token-broker' };
  const [good, bad] = await examineIssuers([
    { name: 'own', issuer: own.url, jwksUri: `${own.url}/keys`, ...common },
    { name: 'away', issuer: nowhere, ...common },
  ]);
  expect(good).toEqual({ name: 'own', issuer: own.url, problems: [] });
  expect(bad?.problems).toMatchObject([
    { severity: 'fault', detail: expect.stringContaining('workloadIssuers.away') },
  ]);
});
