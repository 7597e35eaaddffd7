import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import { expect, it } from 'vitest';
import { BrokerProcess, someKey } from '#test/broker-process.js';
import { answer, grant, ownServer } from '../oauth/own-server.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const [registered, unregistered] = [privateKey, other].map((key) =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString(),
);

interface Vendor {
  /** Of the settings, besides grant, key and endpoint. */
  client: object;
  /** What the vendor's documentation demands of header, claims and form. */
  demands: { header: object; claims: JWTPayload; scope: string | null };
}

const scopes = ['one', 'two'];

/**
 * Google: https://developers.google.com/identity/protocols/oauth2/service-account
 * Salesforce: https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_jwt_flow.htm
 * DocuSign: https://docs.docusign.com/esign/guide/authentication/oa2_jwt.html
 * STACKIT: the key flow of https://github.com/stackitcloud/stackit-sdk-go
 */
const vendors: Record<string, Vendor> = {
  google: {
    client: {
      clientId: 'robot@project.iam.gserviceaccount.com',
      keyId: 'google-key',
      assertion: { audience: 'https://oauth2.googleapis.com/token', lifetime: 3600, scopeClaim: 'scope' },
    },
    demands: {
      header: { alg: 'RS256', kid: 'google-key' },
      claims: {
        iss: 'robot@project.iam.gserviceaccount.com',
        aud: 'https://oauth2.googleapis.com/token',
        scope: 'one two',
      },
      scope: null,
    },
  },
  salesforce: {
    client: {
      clientId: 'consumer-key',
      assertion: { subject: 'integration@company.example', audience: 'https://login.salesforce.com' },
    },
    demands: {
      header: { alg: 'RS256' },
      claims: {
        iss: 'consumer-key',
        sub: 'integration@company.example',
        aud: 'https://login.salesforce.com',
      },
      scope: 'one two',
    },
  },
  docusign: {
    client: {
      clientId: 'integration-key',
      assertion: { subject: 'user-guid', audience: 'account.docusign.com', scopeClaim: 'scope' },
    },
    demands: {
      header: { alg: 'RS256' },
      claims: { iss: 'integration-key', sub: 'user-guid', aud: 'account.docusign.com', scope: 'one two' },
      scope: null,
    },
  },
  stackit: {
    client: {
      clientId: 'account-id',
      keyId: 'stackit-key',
      assertion: {
        issuer: 'robot@sa.stackit.cloud',
        subject: 'account-id',
        audience: 'https://stackit-service-account.example',
        algorithm: 'RS512',
        lifetime: 600,
        claims: { further: ['claim'] },
      },
    },
    demands: {
      header: { alg: 'RS512', kid: 'stackit-key' },
      claims: {
        iss: 'robot@sa.stackit.cloud',
        sub: 'account-id',
        aud: 'https://stackit-service-account.example',
        further: ['claim'],
      },
      scope: 'one two',
    },
  },
};

it('grant: jwt-bearer gets a token of each vendor, and by the second key of a rotation', async () => {
  const server = await ownServer(async (response, { url, body }) => {
    const { demands } = vendors[url.slice(1)]!;
    const assertion = body.get('assertion') ?? '';
    const verified = await jwtVerify(assertion, publicKey).catch(() => undefined);
    if (verified === undefined) return answer(response, 400, { error: 'invalid_grant' });
    const { iat, exp, jti, ...claims } = verified.payload;
    const form = [...body.keys()].toSorted();
    const isAsDocumented =
      JSON.stringify(decodeProtectedHeader(assertion)) === JSON.stringify(demands.header) &&
      body.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer' &&
      body.get('scope') === demands.scope &&
      form.join() === `assertion,grant_type${demands.scope === null ? '' : ',scope'}` &&
      Object.keys(claims).length === Object.keys(demands.claims).length &&
      Object.entries(demands.claims).every(
        ([name, value]) => JSON.stringify(claims[name]) === JSON.stringify(value),
      ) &&
      iat! < exp! &&
      typeof jti === 'string';
    return isAsDocumented ? grant(response) : answer(response, 400, { error: 'invalid_request' });
  });
  const { key, hash } = someKey();
  const names = Object.keys(vendors);
  const clients = Object.fromEntries(
    names.map((name) => [
      name,
      {
        tokenEndpoint: `${server.origin}/${name}`,
        grant: 'jwt-bearer',
        privateKey: [registered],
        scopes,
        ...vendors[name]!.client,
      },
    ]),
  );
  const rotating = { ...clients['salesforce'], privateKey: [unregistered, registered] };
  const broker = await BrokerProcess.start({
    clients: { ...clients, rotating },
    consumers: {
      one: { keys: [hash], allow: [...names, 'rotating'].map((client) => ({ client, scopes })) },
    },
  });

  const statuses = [...names, 'rotating'].map(async (client) => [
    client,
    (await broker.get(`/token?client=${client}`, key)).status,
  ]);

  expect(await Promise.all(statuses)).toEqual([...names, 'rotating'].map((client) => [client, 200]));
  const sent = server.received.filter(({ url }) => url === '/salesforce');
  expect(sent).toHaveLength(3);
  expect(broker.output).not.toContain(sent[0]!.body.get('assertion'));
});
