import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { stringify } from 'yaml';
import { createLog } from '../../apps/broker/src/core/log.js';
import { Lifecycle } from '../../apps/broker/src/lifecycle.js';
import { startBroker } from '../../apps/broker/src/run-broker.js';
import { SettingsFile } from '../../apps/broker/src/settings/settings-file.js';
import type { TokenReply } from '#test/broker-process.js';

/** A broker in this process, whose clock a test can move; it listens on free ports. */
export class OwnBroker {
  private constructor(
    private readonly app: INestApplicationContext,
    readonly folder: string,
    /** What it logged, parsed. */
    readonly lines: Record<string, unknown>[],
  ) {}

  /** `settings` lack `listen` and `management`: they are filled in. */
  static async start(settings: object): Promise<OwnBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'own-broker-'));
    const local = { host: '127.0.0.1', port: 0 };
    const path = join(folder, 'settings.yaml');
    writeFileSync(path, stringify({ listen: local, management: local, ...settings }));
    const lines: Record<string, unknown>[] = [];
    const output = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const [file, log] = [new SettingsFile(path, {}), createLog(output)];
    return new OwnBroker(await startBroker({ file, log, output, version: '0.0.0' }), folder, lines);
  }

  get consumers(): string {
    return this.app.get(Lifecycle).consumersUrl;
  }

  get management(): string {
    return this.app.get(Lifecycle).managementUrl;
  }

  get(path: string, credential: string): Promise<TokenReply> {
    return this.send(path, { headers: { authorization: `Bearer ${credential}` } });
  }

  reject(body: unknown, credential: string): Promise<TokenReply> {
    return this.send('/token/rejected', {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async send(path: string, request: RequestInit): Promise<TokenReply> {
    const answer = await fetch(`${this.consumers}${path}`, request);
    const { status, headers } = answer;
    return { status, headers, body: (await answer.json()) as Record<string, unknown> };
  }

  async stop(): Promise<void> {
    await this.app.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
