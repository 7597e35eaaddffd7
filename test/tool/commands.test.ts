import { randomBytes } from 'node:crypto';
import { atEndOfAll } from '#test/at-end.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { client, clientSecret } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { SettingsFolder, someKey } from '#test/settings-folder.js';
import { toolAtTerminal, toolProcess, toolRun } from './tool-run.js';

// Each starts processes of its own, on a machine that has others to serve.
const patience = { timeout: 60_000 };
const escape = '\u001B';
const folder = new SettingsFolder();
const atEnd = atEndOfAll();
let server: DevAuthorizationServer;
let file: string;
let broken: string;
let faulty: string;

beforeAll(async () => {
  server = await runningServer({}, atEnd);
  const consumers = {
    orders: { keys: [someKey], allow: [{ client: 'rabot', scopes: ['api:partner', 'create:orders'] }] },
  };
  const clients = (fields: object) => ({ clients: { rabot: client(server, fields) } });
  file = folder.write('good.yaml', { ...clients({}), consumers });
  broken = folder.write('broken.yaml', { ...clients({ timeout: 0, clientSecret: '${NO_SUCH}' }), consumers });
  faulty = folder.write('faulty.yaml', { ...clients({ clientSecret: 'another-fake-secret ' }), consumers });
});

afterAll(async () => {
  folder.remove();
});

describe('check', patience, () => {
  it('says that settings are valid', async () => {
    const run = await toolProcess(['check', file]);
    expect(run).toEqual({
      status: 0,
      stdout: `${file} is valid: 1 client, 1 consumer, 1 file\n`,
      stderr: '',
    });
  });

  it('says what is wrong by the words and the status of the broker', async () => {
    const [checked, started] = await Promise.all([
      toolProcess(['check', broken]),
      toolProcess(['--config', broken]),
    ]);
    expect(checked.stderr).toBe(started.stderr);
    expect(checked.stderr).toContain('clients.rabot.timeout: must be');
    expect({ checked: checked.status, started: started.status }).toEqual({ checked: 78, started: 78 });
  });

  it('prints JSON, and takes the file from the environment', async () => {
    const run = await toolProcess(['check', '--json'], { TOKEN_BROKER_CONFIG: faulty });
    expect(JSON.parse(run.stdout)).toEqual({
      command: 'check',
      ok: true,
      exitStatus: 0,
      errors: [],
      file: faulty,
      valid: true,
      faults: [],
      warnings: [expect.stringMatching(/^clients\.rabot\.clientSecret: has surrounding white space/)],
    });
    const bad = await toolProcess(['check', '--json', broken]);
    expect(JSON.parse(bad.stdout)).toMatchObject({
      valid: false,
      faults: [expect.any(String), expect.any(String)],
      errors: [
        { path: 'clients.rabot.clientSecret', file: broken, line: 1 },
        { code: 'invalid_settings', path: 'clients.rabot.timeout', value: '0', column: expect.any(Number) },
      ],
    });
    expect(bad.status).toBe(78);
  });
});

describe('doctor', patience, () => {
  it('writes plain lines where there is no terminal', async () => {
    const run = await toolProcess(['doctor', file], { FORCE_COLOR: '1' });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(
      /^rabot {2}http:.*\n {2}ok {6}api:partner create:orders {2}for orders: .*\n0 faults, 0 warnings\n$/,
    );
    for (const steering of ['\r', escape]) expect(run.stdout).not.toContain(steering);
  });

  it('ends with 1 at a fault, and shows no secret', async () => {
    const run = await toolProcess(['doctor', faulty]);
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(/FAULT: wrong credentials\n/);
    expect(run.stdout + run.stderr).not.toMatch(/another-fake-secret|not-a-real-secret|eyJ/);
  });

  it('ends with 78 at invalid settings, and asks nobody', async () => {
    const before = server.counts.total;
    expect(await toolProcess(['doctor', broken])).toMatchObject({ status: 78, stdout: '' });
    expect(server.counts.total).toBe(before);
  });

  it('ends with 64 at an unknown client', async () => {
    const run = await toolProcess(['doctor', file, '--client', 'robot']);
    expect(run).toMatchObject({
      status: 64,
      stderr: expect.stringMatching(/no client robot; there are rabot\n/),
    });
  });

  it('shows its progress on a terminal, in one line that goes', async () => {
    const coloured = await toolAtTerminal(['doctor', file]);
    expect(coloured.status).toBe(0);
    expect(coloured.stdout).toContain(`rabot: asking for api:partner create:orders (1)\r${escape}[K`);
    expect(coloured.stdout).toContain(`${escape}[32m  ok`);
    const plain = await toolAtTerminal(['doctor', file], { NO_COLOR: '1' });
    expect(plain.stdout).toContain(`${escape}[K`);
    expect(plain.stdout).not.toContain(`${escape}[3`);
  });

  it('cuts its progress to the width of the terminal', async () => {
    const { stderr } = await toolRun(['doctor', file], {}, { isTTY: true, columns: 20 });
    const shown = stderr.split('\r\u001B[K');
    expect(shown).toContain('rabot: asking for a');
    expect(shown.every((text) => text.length < 20 && !text.includes('\n'))).toBe(true);
  });
});

describe('a preset', patience, () => {
  const settings = (fields: object) =>
    folder.write('preset.yaml', {
      clients: {
        crm: {
          preset: 'salesforce',
          tokenEndpoint: 'https://example.my.salesforce.com/token',
          clientId: 'crm',
          clientSecret: 'not-a-real-secret',
          ...fields,
        },
      },
      consumers: { orders: { keys: [`sha256:${'0a'.repeat(32)}`], allow: [{ client: 'crm', scopes: [] }] } },
    });

  it('is shown with what it sets, by check and by explain', async () => {
    const sets =
      'clients.crm.preset (line 1) salesforce sets clientAuthentication: client_secret_post, defaultLifetime: 900\n';
    expect((await toolRun(['check', settings({})])).stdout).toContain(sets);
    const run = await toolRun(['explain', settings({}), '--consumer', 'orders']);
    expect(run.stdout).toContain(`preset:      ${sets}`);
  });

  it('is shown without what the client overrides', async () => {
    const run = await toolRun(['check', settings({ defaultLifetime: 7_200 })]);
    expect(run.stdout).toContain('salesforce sets clientAuthentication: client_secret_post\n');
  });
});

describe('explain', patience, () => {
  const explained = (...args: string[]) => toolProcess(['explain', file, '--consumer', 'orders', ...args]);

  it('names the line that allows a scope, and the token request that comes of it', async () => {
    const run = await explained('--scopes', 'create:orders');
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(
      /^allowed\n {2}create:orders {2}by consumers\.orders\.allow\[0\] \(line 1\)\n/,
    );
    expect(run.stdout).toMatch(
      /\nscopes: +api:partner create:orders\nadded: +api:partner, by .*requiredScopes/,
    );
    expect(run.stdout).toMatch(/\nrequest key: [\w-]{43}\n$/);
  });

  it('ends with 1 where the broker would answer 403, and says what is missing', async () => {
    const run = await explained('--scopes', 'role:customer-support read:meters', '--json');
    expect(run.status).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      allowed: false,
      error: 'access_denied',
      scopes: [
        {
          scope: 'read:meters',
          allowed: false,
          because: expect.stringMatching(/the client does not have it/),
        },
        { scope: 'role:customer-support', because: expect.stringMatching(/an entry can allow it/) },
      ],
    });
  });

  it('ends with 1 at an unknown client, and with 64 at an unknown consumer or no scope string', async () => {
    expect((await explained('--client', 'robot')).status).toBe(1);
    expect(await explained('--scopes', 'a"b')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('--scopes'),
    });
    expect(await toolRun(['explain', file])).toMatchObject({ status: 64 });
    const unknown = await toolProcess(['explain', file, '--consumer', 'order']);
    expect(unknown).toMatchObject({ status: 64, stderr: expect.stringContaining('did you mean orders?') });
  });
});

describe('the command line', patience, () => {
  it.each([
    [['frobnicate'], /no command frobnicate/],
    [['doctr', 'x.yaml'], /did you mean doctor\?/],
    [['check'], /check: name the settings file/],
    [['check', 'a.yaml', 'b.yaml'], /one settings file/],
    [['check', 'a.yaml', '--jsno'], /Unknown option '--jsno'/],
    [['doctor', 'a.yaml', '--client'], /'--client <value>' argument missing/],
    [['key', 'extra'], /unexpected argument; it unexpected argument; it takes options only/],
    [['key', '--consumer', 'a b'], /--consumer must be/],
    [['token'], /name the broker by --url/],
    [['token', '--url', 'ftp://x'], /name the broker by --url/],
    [['token', '--url', 'http://user:pw@127.0.0.1'], /must not contain a credential/],
    [['token', '--url', 'http://127.0.0.1:1'], /TOKEN_BROKER_CREDENTIAL/],
    [['token', '--url', 'http://127.0.0.1:1', '--credential-file', '/nowhere'], /cannot be read/],
  ])('%j is refused in a clear line', async (args, words) => {
    const run = await toolRun(args);
    expect(run.stdout).toBe('');
    expect(run.stderr.split('\n')[0]).toMatch(words);
    expect(run.status).toBe(64);
  });

  it.each([
    [['--help'], /doctor FILE/],
    [['-h'], /--config FILE/],
    [['help'], /token-broker COMMAND/],
    [['check', '--help'], /usage: token-broker check FILE/],
    [['doctor', '-h'], /--client NAME/],
    [['explain', '--help'], /--consumer NAME/],
    [['token', '--help'], /--credential-file FILE/],
    [['key', '--help'], /usage: token-broker key/],
  ])('%j helps', async (args, words) => {
    expect(await toolRun(args)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(words),
      stderr: '',
    });
  });

  it('of a process ends with 64 when it is wrong, and starts the broker by --config only', async () => {
    expect((await toolProcess(['frobnicate'])).status).toBe(64);
    expect((await toolProcess(['--help'])).stdout).toMatch(/doctor FILE/);
  });

  it('makes keys that settings take', async () => {
    const { status, stdout } = await toolProcess(['key', '--consumer', 'orders', '--json']);
    const made = JSON.parse(stdout) as { hash: string; yaml: string };
    expect({ status, made }).toMatchObject({
      status: 0,
      made: {
        ok: true,
        key: expect.stringMatching(/^tbk_/),
        hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      },
    });
    const keys = [{ hash: made.hash, createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) }];
    expect(parse(made.yaml)).toEqual({ consumers: { orders: { keys } } });
  });

  it.each([
    [['check'], 64, 'usage'],
    [['frobnicate'], 64, 'usage'],
    [['doctor', 'BROKEN'], 78, 'invalid_settings'],
    [['explain', 'GOOD', '--consumer', 'orders', '--client', 'robot'], 1, 'access_denied'],
    [['doctor', 'FAULTY'], 1, 'credential_refused'],
    [['token', '--url', 'http://127.0.0.1:1'], 69, 'unreachable'],
    [['health', 'GOOD'], 1, 'unreachable'],
    [['purge', '--url', 'http://127.0.0.1:1', '--client', 'rabot'], 69, 'unreachable'],
    [['audit', 'verify', 'GOOD', '--key-file', 'KEY'], 1, 'no_chain'],
  ])('%j fails with --json in one form', async (args, status, code) => {
    const auditKey = folder.write('audit-key', randomBytes(32).toString('base64'));
    const files: Record<string, string> = { GOOD: file, BROKEN: broken, FAULTY: faulty, KEY: auditKey };
    const words = args.map((word) => files[word] ?? word);
    const run = await toolRun([...words, '--json'], { TOKEN_BROKER_CREDENTIAL: 'tbk_not-a-real-key' });
    expect(JSON.parse(run.stdout)).toMatchObject({
      command: args[0],
      ok: false,
      exitStatus: status,
      errors: expect.arrayContaining([expect.objectContaining({ code, message: expect.any(String) })]),
      warnings: expect.any(Array),
    });
    expect(run).toMatchObject({ status, stderr: '' });
  });

  it('--version is known to each command, and has the same form', async () => {
    expect((await toolProcess(['doctor', '--version'])).stdout).toMatch(/^token-broker \d/);
    expect(JSON.parse((await toolProcess(['--version', '--json'])).stdout)).toMatchObject({
      command: '--version',
      ok: true,
      node: process.version,
    });
  });

  it('shows no planted secret, whatever the command', async () => {
    const runs = await Promise.all(
      [
        ['check', file],
        ['doctor', file],
        ['doctor', file, '--json'],
        ['explain', file, '--consumer', 'orders'],
      ].map((args) => toolProcess(args)),
    );
    for (const { stdout, stderr } of runs) expect(stdout + stderr).not.toContain(clientSecret);
  });
});
