import { atEndOfAll } from '#test/at-end.js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BrokerProcess, someKey, type TokenReply } from '#test/broker-process.js';
import { metricValue } from '#test/metric-value.js';
import { MountedFiles } from '#test/mounted-files.js';
import { client, clientSecret, consumer } from '#test/partner.js';
import { runningScene, runningServer } from '#test/running.js';

const nextSecret = 'fake-secret-of-next-year';

/** A change is looked for each second. */
const soon = { timeout: 30_000, interval: 50 };

function tokenIn({ body }: TokenReply): string {
  return String(body['access_token']);
}

/** Files as Kubernetes mounts them, until the test ends. */
function mounted(content: Record<string, string>): MountedFiles {
  const files = new MountedFiles(content);
  onTestFinished(() => files.remove());
  return files;
}

function reloads(exposition: string, outcome: string): number | undefined {
  return metricValue(exposition, `token_broker_settings_reloads_total{outcome="${outcome}"}`);
}

function reloaded(broker: BrokerProcess): Promise<unknown> {
  return broker.logged(({ msg }) => msg === 'settings reloaded');
}

/** How a broker ends that nobody lets go. It takes its time while the other tests run. */
let stopping: Promise<{ exitStatus: number | null; duration: number }>;

const atEnd = atEndOfAll();

beforeAll(async () => {
  const { server, broker, key } = await runningScene({ timeout: 60 }, {}, atEnd);
  server.hold();
  broker.get('/token', key).catch(() => undefined);
  await server.waitForRequests(1);
  stopping = stop(broker);
});

async function stop(broker: BrokerProcess): Promise<{ exitStatus: number | null; duration: number }> {
  const signalledAt = Date.now();
  broker.signal('SIGTERM');
  const exitStatus = await broker.exited();
  return { exitStatus, duration: Date.now() - signalledAt };
}

describe('a client secret that is replaced in its mounted file', () => {
  async function sceneWithFile() {
    const files = mounted({ 'client-secret': `${clientSecret}\n` });
    const scene = await runningScene({ clientSecret: { file: files.path('client-secret') } });
    return { ...scene, files };
  }

  it('is used at once, though the old one has been refused, and the tokens of the old one are renewed', async () => {
    const { server, broker, key, files } = await sceneWithFile();
    const ask = (scopes: string) => broker.get(`/token?scopes=${scopes}`, key);
    const old = tokenIn(await ask('api:partner'));
    server.replaceSecrets('whitelabel', [nextSecret]);

    for (let asked = 0; asked < 3; asked++) {
      expect(await ask('create:orders')).toMatchObject({ status: 502, body: { error: 'upstream_rejected' } });
    }
    expect(Number((await ask('create:orders')).headers.get('retry-after'))).toBeGreaterThan(20);
    expect(server.counts.total).toBe(2);
    expect(tokenIn(await ask('api:partner'))).toBe(old);

    files.replace({ 'client-secret': nextSecret });
    await expect.poll(async () => (await ask('create:orders')).status, soon).toBe(200);
    await expect.poll(async () => tokenIn(await ask('api:partner')), soon).not.toBe(old);
    const after = await Promise.all(Array.from({ length: 20 }, () => ask('api:partner')));

    expect(new Set(after.map(tokenIn)).size).toBe(1);
    expect(server.counts).toMatchObject({ total: 4, byOutcome: { issued: 3, invalid_client: 1 } });
  });

  it('replaces the old one at once where no token is valid, though a request with the old one is under way', async () => {
    const { server, broker, key, files } = await sceneWithFile();
    server.replaceSecrets('whitelabel', [clientSecret, nextSecret]);
    const ask = () => broker.get('/token?scopes=api:partner', key);
    server.hold();

    const before = ask();
    await server.waitForRequests(1);
    files.replace({ 'client-secret': nextSecret });
    await reloaded(broker);
    const after = [ask(), ask()];
    await server.waitForRequests(2);
    server.release();

    const old = tokenIn(await before);
    const [token] = new Set((await Promise.all(after)).map(tokenIn));
    expect(token).not.toBe(old);
    expect(tokenIn(await ask())).toBe(token);
    expect(server.counts.total).toBe(2);
  });
});

describe('two client secrets during a rotation', () => {
  it('are tried in their order, and a metric tells which is in use', async () => {
    const files = mounted({ first: clientSecret, second: nextSecret });
    const { server, broker, key } = await runningScene({
      clientSecret: [{ file: files.path('first') }, { file: files.path('second') }],
    });
    const inUse = async () => {
      const exposition = await broker.metrics();
      return [1, 2].map((credential) =>
        metricValue(exposition, `token_broker_credential_in_use{client="rabot",credential="${credential}"}`),
      );
    };

    expect((await broker.get('/token?scopes=api:partner', key)).status).toBe(200);
    expect(await inUse()).toEqual([1, 0]);

    server.replaceSecrets('whitelabel', [nextSecret]);
    expect((await broker.get('/token?scopes=create:orders', key)).status).toBe(200);
    expect(await inUse()).toEqual([0, 1]);
    expect(server.counts.byOutcome).toEqual({ issued: 2, invalid_client: 1 });
  });
});

describe('settings that change', () => {
  it('to something invalid are refused, logged and counted, and the old ones go on', async () => {
    const server = await runningServer();
    const { key, hash } = someKey();
    const files = mounted({ 'client-secret': clientSecret });
    const rabot = client(server, { clientSecret: { file: files.path('client-secret') } });
    const settings = { clients: { rabot }, consumers: { 'order-service': consumer({ hash }) } };
    const broker = await BrokerProcess.start(settings);
    const token = tokenIn(await broker.get('/token', key));
    const refused = async () => reloads(await broker.metrics(), 'refused');

    broker.rewrite({ ...settings, clients: { rabot: { ...rabot, timeout: 'soon' } } });
    await expect.poll(refused, soon).toBe(1);
    files.replace({ 'client-secret': '\n' });
    await expect.poll(refused, soon).toBe(2);

    // Lines of the log are written together, a moment after they are counted.
    const faults = () => broker.lines.filter(({ level }) => level === 'error').map((line) => line['faults']);
    await expect.poll(faults, soon).toHaveLength(2);
    expect(faults()).toEqual([
      [
        expect.stringMatching(
          /settings\.yaml:\d+:\d+: clients\.rabot\.timeout: must be a number .*, not soon$/,
        ),
      ],
      expect.arrayContaining([
        expect.stringMatching(/: clients\.rabot\.clientSecret\S*: must not be empty$/),
      ]),
    ]);
    expect(tokenIn(await broker.get('/token', key))).toBe(token);
    const ready = await fetch(`${broker.management}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { parts: { settings: 'in force, last change refused' } },
    ]);

    files.replace({ 'client-secret': nextSecret });
    broker.rewrite({ ...settings, clients: { rabot } });
    server.replaceSecrets('whitelabel', [nextSecret]);
    await expect.poll(async () => reloads(await broker.metrics(), 'ok'), soon).toBe(1);
    await expect.poll(async () => tokenIn(await broker.get('/token', key)), soon).not.toBe(token);
  });

  it('take effect for consumers: one that is removed is refused, and the others notice nothing', async () => {
    const server = await runningServer();
    const [staying, leaving] = [someKey(), someKey()];
    const clients = { rabot: client(server) };
    const consumers = { staying: consumer(staying), leaving: consumer(leaving) };
    const broker = await BrokerProcess.start({ clients, consumers });
    const token = tokenIn(await broker.get('/token', leaving.key));

    broker.rewrite({ clients, consumers: { staying: consumers.staying } });
    await reloaded(broker);

    expect(await broker.get('/token', leaving.key)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    expect(tokenIn(await broker.get('/token', staying.key))).toBe(token);
    expect(server.counts.total).toBe(1);
  });
});

describe('settings that are invalid at the start', () => {
  it('end the broker with status 78 and one line for each fault, without a secret', async () => {
    const broker = BrokerProcess.launch({
      clients: {
        rabot: {
          tokenEndpoint: 'http://auth.example/connect/token',
          clientId: 'whitelabel',
          clientSecret,
          clientAuthentication: 'client_secret_host',
          timeout: clientSecret,
          scopes: ['api:partner'],
          [clientSecret]: clientSecret,
        },
      },
      consumers: { 'order-service': { keys: [clientSecret], allow: [{ client: 'robot', scopes: [] }] } },
    });
    expect(await broker.exited()).toBe(78);
    const lines = broker.errorOutput.trimEnd().split('\n');
    expect(lines).toContainEqual(
      expect.stringMatching(/^\S+:\d+:\d+: clients\.rabot\.tokenEndpoint: must be an https URL/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^\S+:\d+:\d+: clients\.rabot\.clientAuthentication: must be one of /),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^\S+:\d+:\d+: clients\.rabot\.timeout: must be a number/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^\S+:\d+:\d+: consumers\.order-service\.keys/));
    expect(lines).toContainEqual(
      expect.stringMatching(/^\S+:\d+:\d+: consumers\.order-service\.allow\[0\]\.client: must be/),
    );
    expect(lines.filter((line) => !/^\S+settings\.yaml:\d+:\d+: [a-z]\S*: \S/.test(line))).toEqual([]);
    expect(broker.output).not.toContain(clientSecret);
  });

  it.each([
    ['nothing', ''],
    ['text that is no YAML', 'clients: [\n'],
  ])('end it just so when the file holds %s', async (_, text) => {
    const broker = BrokerProcess.launch(text);
    expect(await broker.exited()).toBe(78);
    expect(broker.errorOutput).toMatch(/^[^\n]+\n$/);
  });
});

describe('SIGTERM', () => {
  it('lets what is in flight finish, takes nothing new, and ends the broker with status 0', async () => {
    const { server, broker, key } = await runningScene();
    const url = broker.consumers;
    server.hold();
    const inFlight = ['api:partner', 'create:orders'].map((scopes) =>
      broker.get(`/token?scopes=${scopes}`, key),
    );
    await server.waitForRequests(2);

    broker.signal('SIGTERM');
    await expect.poll(() => isRefused(url), soon).toBe(true);
    server.release();

    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual([200, 200]);
    const answeredAt = Date.now();
    expect(await broker.exited()).toBe(0);
    // Less than it would wait for a request that is not answered.
    expect(Date.now() - answeredAt).toBeLessThan(9_000);
    expect(broker.lines.map(({ msg }) => msg)).toContain('stopped');
  });

  it('waits for an authorization server that hangs only as long as the token request may take', async () => {
    const { server, broker, key } = await runningScene({ timeout: 1 });
    server.misbehave({ hang: true });
    const inFlight = broker.get('/token', key);
    await server.waitForRequests(1);

    broker.signal('SIGTERM');

    expect(await inFlight).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    const answeredAt = Date.now();
    expect(await broker.exited()).toBe(0);
    // Less than it would wait for a request that is not answered.
    expect(Date.now() - answeredAt).toBeLessThan(9_000);
  });

  it('waits about 10 seconds at the most', async () => {
    const { exitStatus, duration } = await stopping;

    expect(exitStatus).toBe(0);
    expect(duration).toBeGreaterThan(9_000);
    // The token request would take up to 60 s.
    expect(duration).toBeLessThan(60_000);
  });
});

/** Whether nobody listens there any more. */
async function isRefused(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    (error: Error) => (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  );
}
