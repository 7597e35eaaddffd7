import { fc } from '#test/property.js';
import { formatCooldownRecord, parseCooldownRecord } from '#redis/cooldowns/cooldown-table.js';
import { failureRecord, parseFailureRecord } from '#redis/channel/failure-record.js';
import { KeyRing } from '#redis/tokens/key-ring.js';
import { OutcomeMessages } from '#redis/channel/outcome-messages.js';
import { parseRequestRecord, requestRecord } from '#redis/schedule/request-record.js';
import { generationOf, SealedTokens, tokenRecord } from '#redis/tokens/token-record.js';
import { UpstreamFailure } from '#tokens/model/failures.js';
import { ScopeSet } from '#tokens/model/scope-set.js';
import { Secret } from '#tokens/model/secret.js';
import { someToken } from '#test/some-token.js';
import { someClient } from '#test/the.js';
import type { FuzzTarget } from './fuzz-target.js';
import { must } from './must.js';
import { mutated } from './mutation.js';

const keyOf = (id: string, fill: string) => ({
  id,
  key: new Secret(Buffer.alloc(32, fill).toString('base64')),
});
const ring = new KeyRing([keyOf('2026-11', 'not-a-real-key'), keyOf('é', 'another')]);
const tokens = new SealedTokens(ring);
const messages = new OutcomeMessages('token-broker:events', ring);

const [place, elsewhere] = ['token-broker:{a}:token', 'token-broker:{b}:token'];
const requestKey = 'a-request_key'.padEnd(43, '0');
const token = someToken(1_000);
const request = someClient().request(ScopeSet.parse('api:partner'));
const failure = new UpstreamFailure('scope_refused', 'create:orders', { upstreamError: 'x', retryAfter: 5 });

const { generation, record } = tokens.seal(token, place, token.scopes, 1_700_000_000_000);
const entry = Buffer.concat([Buffer.from(generation), record]);
const moved = tokens.seal(token, elsewhere, token.scopes, 1_700_000_000_000).record;
const sealedFailure = ring.seal(failureRecord(failure), place);
const cooldown = { since: 1, until: 2, failures: 3, probing: true, sealed: sealedFailure };
const failureMessage = messages.failureMessage(requestKey, failure, 5);
const notes = [
  failureMessage,
  messages.tokenMessage({ key: requestKey, generation: 7, copy: { record, life: 5, until: 9 } }),
  messages.noChangeMessage(requestKey),
];

/** What somebody wrote to Redis who has no key: it is nobody's token, and nobody's failure. */
const forged: fc.Arbitrary<() => boolean> = fc.oneof(
  mutated([entry, Buffer.concat([Buffer.from(generation), moved]), sealedFailure]).map((bytes) => () => {
    const opened = tokens.open(bytes, place, token.scopes, () => 10_000);
    must(opened === undefined || bytes.equals(entry), 'only what was sealed here opens');
    must(opened === undefined || isSound(opened), 'what opens is a token');
    const start = generationOf(bytes.toString('latin1', 0, 16));
    must(start === undefined || start >= 0, 'a generation is a number');
    return opened !== undefined;
  }),
  mutated([sealedFailure, record]).map((bytes) => () => {
    const opened = ring.open(bytes, place);
    must(opened === undefined || bytes.equals(sealedFailure), 'only what was sealed opens');
    return opened !== undefined;
  }),
  mutated([formatCooldownRecord(cooldown)]).map((bytes) => () => {
    const parsed = parseCooldownRecord(bytes);
    const { since = 0, until = 0, failures = 0 } = parsed ?? {};
    must([since, until, failures].every(Number.isSafeInteger), 'a cool-down has whole numbers');
    return parsed !== undefined;
  }),
  mutated(notes).map((bytes) => () => {
    const outcome = messages.parse(bytes.toString());
    if (outcome?.type !== 'failure' || outcome.failure === undefined) return outcome !== undefined;
    must(outcome.key === requestKey, 'a failure stays with its key');
    must(outcome.failure.message === failure.message, 'a failure is the one that was sealed');
    return true;
  }),
);

/** What is sealed by a key of ours, and is none of our records: another version's, say. */
const strange: fc.Arbitrary<() => boolean> = fc.oneof(
  mutated([tokenRecord(token, token.scopes), tokenRecord(token, ScopeSet.empty)]).map((bytes) => () => {
    const sealed = Buffer.concat([Buffer.from(generation), ring.seal(bytes, `${place}\0${generation}`)]);
    const opened = tokens.open(sealed, place, token.scopes, () => 10_000);
    must(opened === undefined || isSound(opened), 'what opens is a token');
    return opened !== undefined;
  }),
  mutated([failureRecord(failure), requestRecord(request)]).map((bytes) => () => {
    const sealed = ring.open(ring.seal(bytes, requestKey), requestKey);
    must(sealed?.equals(bytes) === true, 'what was sealed opens');
    const { retryAfter = 0 } = parseFailureRecord(bytes.toString()) ?? {};
    must(retryAfter >= 0, 'a pause is not negative');
    const { targets = [], client = '' } = parseRequestRecord(bytes.toString()) ?? {};
    must(
      [client, ...targets].every((one) => typeof one === 'string'),
      'a request has texts',
    );
    return client !== '';
  }),
);

function isSound({ accessToken, issuedAt, renewAt, expiresAt, generation: number }: typeof token): boolean {
  const numbers = [issuedAt, renewAt, expiresAt, number];
  return numbers.every(Number.isFinite) && /^[\x21-\x7e]+$/.test(accessToken.reveal());
}

/** Whoever writes to Redis, or listens to its channel, stops no replica and forges no token. */
export const sealedRecords: FuzzTarget = {
  name: 'what reads Redis',
  inputs: 34_000,
  async fuzz(seed, inputs) {
    const counts = { inputs: 0, accepted: 0 };
    const read = (check: () => boolean) => {
      counts.inputs++;
      if (check()) counts.accepted++;
    };
    fc.assert(fc.property(fc.oneof(forged, forged, strange), read), { seed, numRuns: inputs });
    return counts;
  },
};
