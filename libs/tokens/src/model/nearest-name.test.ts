import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

const known = ['tokenEndpoint', 'issuer', 'clientId', 'clientSecret', 'at'];

it.each([
  ['tokenEndpont', 'tokenEndpoint'],
  ['tokenendpoint', 'tokenEndpoint'],
  ['clientSecrets', 'clientSecret'],
  ['isuer', 'issuer'],
  ['ca', undefined],
  ['password', undefined],
  ['tokenEndpoint'.repeat(1000), undefined],
])('%s was meant to be %s', (name, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});
