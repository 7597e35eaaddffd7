import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DevAuthorizationServer } from '../../apps/dev-authorization-server/src/dev-authorization-server.js';
import { MovedTime } from '../http/moved-time.js';
import { OwnBroker } from '../http/own-broker.js';
import { OwnIssuer } from '../http/own-issuer.js';
import { someKey } from '#test/broker-process.js';
import type { Certificates } from '#test/certificates.js';
import { client, consumer, registration } from '#test/partner.js';

const run = promisify(execFile);

/** The Kubernetes service account of one of the consumers. */
export const reportAccount = 'system:serviceaccount:finance:report';

export interface ConsumerSceneOptions {
  /** With them the authorization server and API talk https. */
  certificates?: Certificates;
  /** Besides `order-service` and `finance-report`. */
  consumers?: object;
}

/** A broker, the authorization server and API behind it, and a folder for the programs of a page. */
export class ConsumerScene {
  readonly folder = mkdtempSync(join(tmpdir(), 'consumer-'));

  private constructor(
    readonly server: DevAuthorizationServer,
    readonly broker: OwnBroker,
    readonly issuer: OwnIssuer,
    private readonly own: { key: string; time: MovedTime },
  ) {}

  static async start({ certificates, consumers = {} }: ConsumerSceneOptions = {}): Promise<ConsumerScene> {
    const time = new MovedTime();
    const secure = certificates && { tls: certificates.server, name: 'localhost' };
    const server = await DevAuthorizationServer.start({ clients: [registration()], ...secure });
    const issuer = await OwnIssuer.start();
    const { key, hash } = someKey();
    const broker = await OwnBroker.start({
      clients: { rabot: client(server, certificates && { ca: certificates.ca }) },
      consumers: {
        ...consumers,
        'order-service': consumer({ hash }),
        'finance-report': {
          workload: { issuer: 'cluster', subject: reportAccount },
          allow: [{ client: 'rabot', scopes: ['api:partner', 'role:finance-reporting'] }],
        },
      },
      workloadIssuers: { cluster: issuer.settings },
    });
    return new ConsumerScene(server, broker, issuer, { key, time });
  }

  /** The API key of the consumer `order-service`. */
  get key(): string {
    return this.own.key;
  }

  /** What the programs take from it. */
  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      TOKEN_BROKER_URL: this.broker.consumers,
      TOKEN_BROKER_KEY: this.key,
      API_URL: `${this.server.url}/partner/v1`,
    };
  }

  /** Has the broker hold a token. */
  async haveToken(): Promise<void> {
    const { status } = await this.broker.get('/token?scopes=api:partner+create:orders', this.key);
    if (status !== 200) throw new Error(`the broker answers ${status}`);
  }

  /** Makes the API refuse all tokens that there are; they are old enough to be renewed. */
  refuseToken(): void {
    this.own.time.forward(11_000);
    this.server.revokeAll();
  }

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** What a program prints. @throws Error with what it says on the standard error, when it fails or complains */
  async output(
    program: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const env = { ...this.environment, ...environment };
    const { stdout, stderr } = await run(program, args, { cwd: this.folder, env });
    if (stderr !== '') throw new Error(stderr);
    return stdout;
  }

  async stop(): Promise<void> {
    await this.broker.stop();
    await this.server.stop();
    await this.issuer.stop();
    this.own.time.restore();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
