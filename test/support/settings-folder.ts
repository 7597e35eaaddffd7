import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LoadedSettings, loadSettings } from '../../apps/broker/src/settings/load-settings.js';
import { SettingsFault } from '../../apps/broker/src/settings/settings-fault.js';
import type { ClientSettings } from '../../apps/broker/src/settings/settings.js';

type Tree = Record<string, unknown>;

/** A folder with a settings file and what it refers to, for one test. */
export class SettingsFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'settings-'));

  /** @param content text, or what JSON (and so YAML) is made of */
  write(name: string, content: string | Tree): string {
    const file = join(this.path, name);
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  load(content: string | Tree, environment: NodeJS.ProcessEnv = {}): LoadedSettings {
    return loadSettings(this.write('settings.yaml', content), environment);
  }

  /** The faults of settings that must have some. */
  faults(content: string | Tree, environment: NodeJS.ProcessEnv = {}): readonly string[] {
    try {
      this.load(content, environment);
    } catch (error) {
      if (error instanceof SettingsFault) return error.faults;
      throw error;
    }
    throw new Error('these settings have no fault');
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

/** The secrets of a client, first choice first. */
export function secretsOf(client: ClientSettings | undefined): string[] {
  const credentials = client?.credentials ?? [];
  return credentials.flatMap((one) => ('clientSecret' in one ? [one.clientSecret.reveal()] : []));
}

export const someKey = `sha256:${'0a'.repeat(32)}`;

/** 32 bytes of text, for those who would look for a secret here. */
export const someEncryptionKey = Buffer.from('not-a-real-key-not-a-real-key-32').toString('base64');

/** The setting `store`, without fault when `redis` tells where Redis is. */
export function someStore(redis: Tree): Tree {
  return { store: { redis: { encryptionKeys: [{ id: '2026-11', key: someEncryptionKey }], ...redis } } };
}

/** Settings without fault, but for what a test says of their one client, of their one consumer, and of the rest. */
export function someSettings(client: Tree = {}, consumer: Tree = {}, rest: Tree = {}): Tree {
  return {
    clients: {
      rabot: {
        tokenEndpoint: 'https://auth.example/connect/token',
        clientId: 'client-1',
        clientSecret: 'not-a-real-secret',
        scopes: ['api:partner', 'create:orders'],
        ...client,
      },
    },
    consumers: {
      orders: { keys: [someKey], allow: [{ client: 'rabot', scopes: ['api:partner'] }], ...consumer },
    },
    ...rest,
  };
}
