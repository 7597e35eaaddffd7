import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import type { BrokerProcess } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { clientSecret } from '#test/partner.js';
import { type Replicas, runningReplicas, scopeSets } from '#test/replicas.js';
import { SteadyLoad } from '#test/steady-load.js';
import { until } from '#test/until.js';

const inDemand = scopeSets(8);
const preload = [['a', 'b', 'c', 'd', 'e', 'f']];
const atEnd = atEndOfAll();
const secretFile = join(mkdtempSync(join(tmpdir(), 'secret-')), 'client-secret');

let replicas: Replicas;
let load: SteadyLoad;
/** What the file and the authorization server had last. */
let current = clientSecret;
let changes = 0;

beforeAll(async () => {
  atEnd(async () => rmSync(join(secretFile, '..'), { recursive: true }));
  writeFileSync(secretFile, current);
  const client = { clientSecret: { file: secretFile }, preload };
  replicas = await runningReplicas({ client, server: { lifetime: 3_600 } }, atEnd);
});

/** Each replica has all tokens, and the authorization server expects another secret than the file has. */
beforeEach(async () => {
  await until(async () => (await trials()).every((one) => one === undefined), 'no credential is on trial');
  load = SteadyLoad.on(replicas.brokers, {
    key: replicas.key,
    scopes: inDemand,
    callers: inDemand.length,
    pause: 100,
  });
  await load.rounds(2);
  const { server } = replicas;
  server.reset();
  current = `fake-secret-number-${++changes}`;
  server.replaceSecrets('many', [current]);
});

/** The metric at each replica; undefined where no credential is on trial. */
function trials(): Promise<(number | undefined)[]> {
  const series = 'token_broker_credential_trial_refused{client="many"}';
  return Promise.all(replicas.brokers.map(async (one) => metricValue(await one.metrics(), series)));
}

/** A replica that cannot know how many tokens there are spreads their renewals over 45 s. */
async function allRenewed(): Promise<void> {
  const all = inDemand.length + preload.length;
  const areRenewed = async () => replicas.server.counts.total - refusals() >= all;
  await until(areRenewed, 'all tokens are renewed', 60_000);
  await until(async () => (await trials()).every((one) => one === undefined), 'no credential is on trial');
}

const refusals = () => replicas.server.counts.byOutcome['invalid_client'] ?? 0;

/** Distinct tokens that a replica has served for each scope set since the last test. */
function tokensFrom(broker: BrokerProcess): number[] {
  const served = load.answers.from(broker).all;
  return inDemand.map(
    (scopes) => new Set(served.flatMap((one) => (one.scopes === scopes ? one.token : []))).size,
  );
}

describe('a client secret that is changed in its file under load', { timeout: 120_000 }, () => {
  it('fails no request when it is wrong, and is reported; the right one renews each token in use once', async () => {
    writeFileSync(secretFile, 'fake-secret-with-a-typo');
    await until(async () => (await trials()).every((one) => one === 1), 'each replica reports the refusal');
    await load.rounds(2);
    expect(refusals()).toBeLessThanOrEqual(replicas.brokers.length);
    expect(replicas.server.counts.total).toBe(refusals());

    writeFileSync(secretFile, current);
    await allRenewed();
    await until(
      async () => replicas.brokers.every((one) => Math.min(...tokensFrom(one)) === 2),
      'all serve new ones',
    );
    await load.rounds(2);

    expect((await load.stop()).failures).toEqual([]);
    for (const broker of replicas.brokers) expect(tokensFrom(broker)).toEqual(inDemand.map(() => 2));
    expect(replicas.server.counts.total - refusals()).toBe(inDemand.length + preload.length);
  });

  it('fails no request when the file is written in two halves', async () => {
    const half = Math.floor(current.length / 2);
    writeFileSync(secretFile, current.slice(0, half));
    await pause(1_500);
    writeFileSync(secretFile, current);
    await allRenewed();
    expect((await load.stop()).failures).toEqual([]);
  });

  it('fails no request while the authorization server is down, and is accepted afterwards', async () => {
    const { server } = replicas;
    server.misbehave({ answer: { status: 503 } });
    writeFileSync(secretFile, current);
    await until(async () => (await trials()).every((one) => one === 0), 'each replica has it on trial');
    await server.waitForRequests(1);
    await load.rounds(2);
    server.reset();
    await allRenewed();
    expect((await load.stop()).failures).toEqual([]);
  });
});
