import { expect, it } from 'vitest';
import { isInstant } from './instant.js';

it.each([
  '2027-03-31',
  '2028-02-29',
  '2027-03-31T12:00Z',
  '2027-03-31T12:00:00+02:00',
  '2027-12-31T23:59:59.9-11:00',
])('%s is an instant', (text) => expect(isInstant(text)).toBe(true));

it.each([
  '2027-02-30',
  '2027-02-29T12:00:00Z',
  '2027-04-31T00:00:00+02:00',
  '2027-13-01',
  '2027-03-31T12:00:00',
  '2027-03-31 12:00:00Z',
  '31.03.2027',
  '2027-3-1',
  '0000-00-00',
  'tomorrow',
  '',
  1_806_480_000,
])('%s is none', (text) => expect(isInstant(text)).toBe(false));
