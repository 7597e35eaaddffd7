import type { ClientUnderTest, SignedAssertion } from './client-under-test.js';

/** Milliseconds of clock skew that servers tolerate in an assertion, mostly. */
const tolerated = 30_000;

/** Seconds from which on servers refuse an assertion for its long life. */
const longLife = 300;

/** What a refused assertion says, and what the authorization server has to know of it. Nothing of it is secret except its signature. */
export function assertionHints({ assertion, signed }: ClientUnderTest, skew = 0): string[] {
  return [
    ...(assertion === undefined
      ? []
      : [
          `the JWT of ${assertion.place} names the issuer ${assertion.iss || '(none)'}, the subject ${assertion.sub} and the audience ${assertion.aud.join(', ') || '(none)'}: the authorization server must trust exactly these for this client`,
        ]),
    ...(signed === undefined ? [] : signedHints(signed)),
    ...(signed === undefined || Math.abs(skew) < tolerated
      ? []
      : [
          'the clocks differ, and an assertion that seems expired or not yet valid is refused like a wrong one',
        ]),
  ];
}

function signedHints({ audience, place, jwks, algorithm, keyId, type, lifetime, grant }: SignedAssertion) {
  return [
    ...(jwks === undefined
      ? []
      : [
          `the authorization server must read the keys of the broker from ${jwks}: register it as jwks_uri, and check that it can be reached from there`,
        ]),
    `its assertion is for the audience ${audience}; some servers expect the token endpoint, others the issuer: set ${place}`,
    ...(jwks === undefined
      ? [
          `it is signed by ${algorithm}, ${keyId === undefined ? 'without a kid' : `with the kid ${keyId}`} and ${type === undefined ? 'without a typ' : `with the typ ${type}`}: the public key must be registered with these values; see algorithm, keyId and assertion.type`,
        ]
      : []),
    ...(lifetime > longLife
      ? [`it is valid for ${lifetime} s; some servers accept only a few minutes: see assertion.lifetime`]
      : []),
    ...(grant === undefined
      ? []
      : [
          `it is a grant of the issuer ${grant.issuer} for ${grant.subject === undefined ? 'no subject' : `the subject ${grant.subject}`}, with the scopes in ${grant.scopeClaim === undefined ? 'the parameter scope' : `the claim ${grant.scopeClaim}`}: see assertion.issuer, subject and scopeClaim, and that the subject has consented`,
        ]),
  ];
}
