import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { base64url, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEndOfAll } from '#test/at-end.js';
import { BrokerProcess } from '#test/broker-process.js';
import { client } from '#test/partner.js';
import { runningServer } from '#test/running.js';
import { toolRun } from '../tool/tool-run.js';
import { OwnIssuer } from './own-issuer.js';

const atEnd = atEndOfAll();
const path = '/token?scopes=api:partner';

const presets = {
  github: 'github-actions',
  gitlab: 'gitlab',
  google: 'google',
  aws: 'aws',
  azure: 'azure',
  buildkite: 'buildkite',
  spire: 'spire',
} as const;

type Platform = keyof typeof presets;

/** What each platform says of a workload that is the company's. */
const good: Record<Platform, { sub: string } & JWTPayload> = {
  github: {
    sub: 'repo:acme/orders:ref:refs/heads/main',
    repository: 'acme/orders',
    repository_owner: 'acme',
    repository_id: '123456',
    ref: 'refs/heads/main',
    environment: 'production',
    job_workflow_ref: 'acme/ci/.github/workflows/deploy.yml@refs/heads/main',
  },
  gitlab: {
    sub: 'project_path:acme/orders:ref_type:branch:ref:main',
    project_path: 'acme/orders',
    namespace_path: 'acme',
    ref: 'main',
    ref_type: 'branch',
    ref_protected: 'true',
  },
  google: {
    sub: '1043210987654321',
    email: 'report@acme-prod.iam.gserviceaccount.com',
    email_verified: true,
    google: { compute_engine: { project_id: 'acme-prod', zone: 'europe-west3-a' } },
  },
  aws: {
    sub: 'arn:aws:iam::123456789012:role/report',
    'https://sts.amazonaws.com/': {
      aws_account: '123456789012',
      org_id: 'o-acme',
      source_region: 'eu-central-1',
    },
  },
  azure: {
    sub: '6ab7c0de',
    oid: '6ab7c0de',
    tid: '11111111-acme',
    appid: '22222222-report',
    roles: ['reader', 'writer'],
  },
  buildkite: {
    sub: 'organization:acme:pipeline:orders:ref:refs/heads/main:commit:0a1b:step:deploy',
    organization_slug: 'acme',
    pipeline_slug: 'orders',
    build_branch: 'main',
  },
  spire: { sub: 'spiffe://acme.example/ns/finance/sa/report' },
};

const rules: Record<Platform, object> = {
  github: {
    claims: { repository: 'acme/*', ref: ['refs/heads/main', 'refs/tags/v*'], environment: 'production' },
  },
  gitlab: { claims: { project_path: 'acme/*', ref_type: 'branch', ref_protected: true } },
  google: {
    claims: {
      email: 'report@acme-prod.iam.gserviceaccount.com',
      email_verified: true,
      google: { compute_engine: { project_id: 'acme-*' } },
    },
  },
  aws: {
    claims: {
      sub: 'arn:aws:iam::123456789012:role/*',
      'https://sts.amazonaws.com/': { org_id: 'o-acme' },
    },
  },
  azure: { claims: { tid: '11111111-acme', roles: 'writer' } },
  buildkite: {
    claims: {
      organization_slug: 'acme',
      sub: 'organization:acme:pipeline:*:ref:refs/heads/main:commit:*:step:*',
    },
  },
  spire: { claims: { sub: 'spiffe://acme.example/ns/finance/sa/*' } },
};

let issuers: Record<Platform, OwnIssuer>;
let broker: BrokerProcess;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'identities-'));
  atEnd(async () => rmSync(folder, { recursive: true }));
  const started = Object.keys(presets).map(async (name) => {
    const issuer = await OwnIssuer.start();
    atEnd(() => issuer.stop());
    return [name, issuer] as const;
  });
  issuers = Object.fromEntries(await Promise.all(started)) as Record<Platform, OwnIssuer>;
  const server = await runningServer({}, atEnd);
  const allow = [{ client: 'rabot', scopes: ['api:partner'] }];
  const consumers = Object.entries(rules).map(([name, rule]) => [
    `${name}-job`,
    { workload: { issuer: name, ...rule }, allow },
  ]);
  const twin = (name: string) => [
    name,
    {
      workload: {
        issuer: 'github',
        claims: { repository: `acme/${name === 'twin' ? 'twins' : '*'}`, ref: 'refs/heads/twins' },
      },
      allow,
    },
  ];
  const settings = {
    clients: { rabot: client(server) },
    workloadIssuers: Object.fromEntries(
      Object.entries(issuers).map(([name, issuer]) => [
        name,
        { preset: presets[name as Platform], ...issuer.settings },
      ]),
    ),
    consumers: Object.fromEntries([
      ...consumers,
      twin('twin'),
      twin('other-twin'),
      ['exact', { workload: { issuer: 'github', subject: 'repo:acme/exact:ref:refs/heads/dev' }, allow }],
    ]),
  };
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  broker = await BrokerProcess.start(settings, { atEnd });
});

type Make = () => string | Promise<string>;

const of = (platform: Platform, claims: JWTPayload = {}): Make => {
  const { sub, ...others } = good[platform];
  return () => issuers[platform].jwt(sub, { ...others, ...claims });
};

const now = () => Math.floor(Date.now() / 1_000);

/** One of GitHub with these changes, signed by a key that its issuer does not have. */
async function forged(header: object = {}, claims: JWTPayload = {}): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256');
  const all = { ...good.github, iss: issuers.github.url, aud: 'token-broker', iat: now(), exp: now() + 300 };
  return new SignJWT({ ...all, ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'key-1', ...header })
    .sign(privateKey);
}

/** Its payload is another than the one that was signed. */
async function altered(change: (payload: JWTPayload) => JWTPayload): Promise<string> {
  const [header, payload, signature] = (await of('github', { ref: 'refs/heads/dev' })()).split('.') as [
    string,
    string,
    string,
  ];
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as JWTPayload;
  return [header, base64url.encode(JSON.stringify(change(claims))), signature].join('.');
}

const tokens: [what: string, make: Make, consumer: string | undefined][] = [
  ...Object.keys(presets).map((name): [string, Make, string] => [
    `${name}: the company's`,
    of(name as Platform),
    `${name}-job`,
  ]),
  ['github: a tag', of('github', { ref: 'refs/tags/v1.2.3' }), 'github-job'],
  [
    'github: an exact subject',
    of('github', { sub: 'repo:acme/exact:ref:refs/heads/dev', ref: 'refs/heads/dev' }),
    'exact',
  ],
  ['github: another owner', of('github', { repository: 'evil/orders' }), undefined],
  ['github: an owner that ends alike', of('github', { repository: 'not-acme/orders' }), undefined],
  ['github: an owner in another case', of('github', { repository: 'ACME/orders' }), undefined],
  ['github: a repository below one', of('github', { repository: 'acme/orders/fork' }), undefined],
  ['github: no repository name', of('github', { repository: 'acme/' }), undefined],
  ['github: a branch', of('github', { ref: 'refs/heads/dev' }), undefined],
  ['github: a branch named like main', of('github', { ref: 'refs/heads/main/x' }), undefined],
  ['github: a branch named like a tag', of('github', { ref: 'refs/heads/refs/tags/v1' }), undefined],
  ['github: no environment', of('github', { environment: undefined }), undefined],
  ['github: a list with the environment in it', of('github', { environment: ['production'] }), 'github-job'],
  ['github: an object for an environment', of('github', { environment: { production: true } }), undefined],
  ['github: a line break after the repository', of('github', { repository: 'acme/orders\n' }), undefined],
  [
    'github: claimed by two consumers',
    of('github', { repository: 'acme/twins', ref: 'refs/heads/twins' }),
    undefined,
  ],
  [
    'github: claimed by one of the two',
    of('github', { repository: 'acme/single', ref: 'refs/heads/twins' }),
    'other-twin',
  ],
  ['github: signed by another key', () => forged(), undefined],
  ['github: signed by a key of another id', () => forged({ kid: 'key-2' }), undefined],
  ['github: with the key in its header', async () => forged({ jwk: {} }), undefined],
  [
    'github: altered afterwards',
    () => altered((claims) => ({ ...claims, ref: 'refs/heads/main' })),
    undefined,
  ],
  [
    'github: not signed',
    () =>
      new UnsecuredJWT({
        ...good.github,
        iss: issuers.github.url,
        aud: 'token-broker',
        iat: now(),
        exp: now() + 300,
      }).encode(),
    undefined,
  ],
  ['github: for another audience', of('github', { aud: 'https://github.com/acme' }), undefined],
  ['github: for several audiences', of('github', { aud: ['other', 'token-broker'] }), 'github-job'],
  ['github: expired', of('github', { iat: now() - 900, exp: now() - 600 }), undefined],
  ['github: without an end', of('github', { exp: undefined }), undefined],
  ['github: issued in the future', of('github', { iat: now() + 900, exp: now() + 1_200 }), undefined],
  ['github: issued two days ago', of('github', { iat: now() - 48 * 3_600 }), undefined],
  ['github: without a subject', of('github', { sub: undefined }), undefined],
  ['github: that says it is of gitlab', of('github', { iss: 'https://gitlab.com' }), undefined],
  [
    'gitlab: that says it is of github',
    async () => issuers.gitlab.jwt(good.github.sub, { ...good.github, iss: issuers.github.url }),
    undefined,
  ],
  ['gitlab: the claims of github', async () => issuers.gitlab.jwt(good.github.sub, good.github), undefined],
  ['gitlab: a subgroup', of('gitlab', { project_path: 'acme/sub/orders' }), undefined],
  ['gitlab: not protected', of('gitlab', { ref_protected: 'false' }), undefined],
  ['gitlab: protected as a boolean', of('gitlab', { ref_protected: true }), 'gitlab-job'],
  ['google: not verified', of('google', { email_verified: false }), undefined],
  [
    'google: another project',
    of('google', { google: { compute_engine: { project_id: 'evil-prod' } } }),
    undefined,
  ],
  ['google: the project elsewhere', of('google', { google: undefined, project_id: 'acme-prod' }), undefined],
  ['aws: another account', of('aws', { sub: 'arn:aws:iam::999999999999:role/report' }), undefined],
  ['aws: a role with a path', of('aws', { sub: 'arn:aws:iam::123456789012:role/team/report' }), undefined],
  ['azure: another tenant', of('azure', { tid: '99999999-evil' }), undefined],
  ['azure: without the role', of('azure', { roles: ['reader'] }), undefined],
  [
    'buildkite: a branch whose name has separators',
    of('buildkite', {
      sub: 'organization:acme:pipeline:x:ref:refs/heads/y:ref:refs/heads/main:commit:0:step:z',
    }),
    undefined,
  ],
  [
    'spire: another trust domain',
    of('spire', { sub: 'spiffe://evil.example/ns/finance/sa/report' }),
    undefined,
  ],
  ['spire: another namespace', of('spire', { sub: 'spiffe://acme.example/ns/other/sa/report' }), undefined],
  [
    'of an issuer that is not trusted',
    async () => issuers.github.jwt('a', { iss: 'https://evil.example' }),
    undefined,
  ],
  ['that is no JWT', () => 'a.b.c', undefined],
  ['that is too long', of('github', { padding: 'x'.repeat(3_000) }), undefined],
];

describe('workload: what explain says of a token is what the broker does', () => {
  it(`knows at least 40 tokens`, () => {
    expect(tokens.length).toBeGreaterThanOrEqual(40);
  });

  it.each(tokens)('%s', async (_, make, consumer) => {
    const jwt = await make();
    const file = join(folder, 'token.jwt');
    writeFileSync(file, `${jwt}\n`);
    const reply = await broker.get(path, jwt);
    const requestId = reply.headers.get('x-request-id');
    const line = await broker.logged((one) => one['requestId'] === requestId);
    const explained = await toolRun(['explain', join(folder, 'settings.json'), '--jwt', file, '--json']);

    const said = JSON.parse(explained.stdout) as Record<string, unknown>;
    expect([reply.status, line['consumer']]).toEqual([consumer === undefined ? 401 : 200, consumer]);
    expect(line['reason']).toBe(said['reason']);
    expect([explained.status, said['consumer']]).toEqual([consumer === undefined ? 1 : 0, consumer]);
  });

  it('names the claim that does not fit, and the rule by its line', async () => {
    const file = join(folder, 'token.jwt');
    writeFileSync(file, await of('github', { ref: 'refs/heads/dev', environment: undefined })());
    const { stdout, status } = await toolRun(['explain', join(folder, 'settings.json'), '--jwt', file]);
    expect(status).toBe(1);
    expect(stdout).toContain(
      'the JWT is not accepted: no consumer has a rule that fits the subject repo:acme/orders',
    );
    expect(stdout).toContain('consumers.github-job.workload (line 1)');
    expect(stdout).toContain('ref is "refs/heads/dev"; expected refs/heads/main or refs/tags/v*');
    expect(stdout).toContain('environment is missing; expected production');
  });

  it('goes on to what the consumer may have, when that is asked for', async () => {
    const file = join(folder, 'token.jwt');
    writeFileSync(file, await of('spire')());
    const args = ['explain', join(folder, 'settings.json'), '--jwt', file, '--scopes'];
    expect(await toolRun([...args, 'api:partner'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^the JWT belongs to spire-job, by .*\nallowed\n/),
    });
    expect((await toolRun([...args, 'create:orders'])).status).toBe(1);
  });
});
