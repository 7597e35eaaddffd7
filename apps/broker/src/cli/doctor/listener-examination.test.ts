import { describe, expect, it } from 'vitest';
import { Secret } from '#tokens/model/secret.js';
import { selfSigned } from '../../../../../test/tool/self-signed.js';
import { examineListeners } from './listener-examination.js';

const hour = 3_600_000;
const plain = { host: '127.0.0.1', port: 9090 };

async function codes(publicUrl: string, now: number): Promise<string[]> {
  const { cert, key } = await selfSigned('broker.example', -1, 24 * 90);
  const tls = { certificate: cert, key: new Secret(key), minVersion: 'TLSv1.2' } as const;
  const settings = { listen: { ...plain, tls }, management: plain, publicUrl };
  return examineListeners(settings, now).flatMap(({ findings }) => findings.map(({ code }) => code));
}

describe('the doctor, of listen.tls', () => {
  it.each([
    ['is valid and for the host of publicUrl', 'https://broker.example', 0, []],
    ['is for another host than publicUrl', 'https://other.example', 0, ['listener_certificate_wrong_name']],
    ['ends soon', 'https://broker.example', 85 * 24, ['listener_certificate_ends_soon']],
    ['has ended', 'https://broker.example', 91 * 24, ['listener_certificate_ended']],
  ])('says of a certificate that it %s', async (_, publicUrl, hours, found) => {
    expect(await codes(publicUrl, Date.now() + hours * hour)).toEqual(found);
  });

  it('looks at no side that speaks plain HTTP', () => {
    const settings = { listen: plain, management: plain, publicUrl: undefined };
    expect(examineListeners(settings, 0)).toEqual([]);
  });
});
