import { generateKeyPairSync } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { SettingsFolder, someSettings } from '#test/settings-folder.js';
import { requestDetails } from './request-details.js';

const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

function detailsOf(fields: object) {
  const folder = new SettingsFolder();
  onTestFinished(() => folder.remove());
  return requestDetails(folder.load(someSettings({ ...fields })).settings.clients.rabot!);
}

it('explain names what of a token request deviates from the usual, and no value of a header', () => {
  expect(detailsOf({})).toEqual({});
  const details = detailsOf({
    headers: { 'X-Api-Key': 'not-to-be-shown' },
    bodyFormat: 'json',
    scopeSeparator: ',',
    responseFields: { access_token: 'data.token' },
    acceptTokenTypes: ['BearerToken'],
    oneTokenPerClient: true,
    clientSecret: undefined,
    clientAuthentication: 'private_key_jwt',
    privateKey,
    keyId: 'key-1',
    assertion: { audience: 'https://auth.example', type: 'client-authentication+jwt', lifetime: '2m' },
  });
  expect(details).toEqual({
    body: 'as JSON, scopes separated by ","',
    headers: 'x-api-key',
    assertion: 'ES256, kid key-1, typ client-authentication+jwt, audience https://auth.example, 120 s',
    response: 'access_token from data.token, token_type BearerToken as Bearer',
    'one token': 'shared by all requests of this client',
  });
});
