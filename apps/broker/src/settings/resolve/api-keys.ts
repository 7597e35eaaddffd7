import { plainToInstance } from 'class-transformer';
import type { ApiKey } from '#consumers/api-key.js';
import type { SettingsPath } from '../paths.js';
import { ApiKeySchema, type KeySetting } from '../schema/api-key.js';
import { validate } from '../schema/validate.js';
import type { UniqueValue } from './entries.js';

/** Of a consumer or an operator. */
export interface KeyOwner {
  name: string;
  schema: { keys?: readonly KeySetting[] };
  path: SettingsPath;
}

/** By position; undefined where a key has faults. */
export type ResolvedKeys = readonly (ApiKey | undefined)[];

/** API keys, and which of them have no known age. */
export class ApiKeys {
  /** Where keys stand that `maxKeyAge` cannot be applied to. */
  readonly #ageless: SettingsPath[] = [];

  constructor(
    /** Seconds. */
    private readonly maxAge: number | undefined,
    private readonly now = Date.now(),
  ) {}

  resolve({ schema: { keys = [] }, path }: KeyOwner): ResolvedKeys {
    if (!path.areValid('keys')) return [];
    return keys.map((key, index) => this.#resolve(key, path.key('keys').item(index)));
  }

  warn(path: SettingsPath): void {
    const [first] = this.#ageless;
    if (first === undefined) return;
    const count = this.#ageless.length;
    path.warn(
      `cannot be applied to ${count} key${count === 1 ? '' : 's'} without \`createdAt\`, such as ${first}`,
    );
  }

  #resolve(setting: KeySetting, path: SettingsPath): ApiKey | undefined {
    const schema = plainToInstance(ApiKeySchema, typeof setting === 'string' ? { hash: setting } : setting);
    validate(schema, path);
    if (!path.isValid) return undefined;
    const { hash, maxAge = this.maxAge } = schema;
    const [createdAt, expiresAt] = [instantOf(schema.createdAt), instantOf(schema.expiresAt)];
    if (createdAt === undefined && schema.maxAge !== undefined)
      path.key('maxAge').fault('needs `createdAt`, from which the age is counted');
    else if (createdAt === undefined && maxAge !== undefined) this.#ageless.push(path);
    if (createdAt !== undefined && expiresAt !== undefined && expiresAt <= createdAt)
      path.key('expiresAt').fault('must be after `createdAt`');
    if (createdAt !== undefined && createdAt > this.now) path.key('createdAt').warn('is in the future');
    if (expiresAt !== undefined && expiresAt <= this.now)
      path.key('expiresAt').warn('is in the past: the key is refused; take it out of the settings');
    const replaceBy = createdAt === undefined || maxAge === undefined ? undefined : createdAt + maxAge * 1000;
    if (replaceBy !== undefined && replaceBy <= this.now) {
      const days = Math.floor((this.now - createdAt!) / 86_400_000);
      path.warn(
        `is ${days} days old, which is beyond its maximum age: make a new key with \`token-broker key\`, and rotate`,
      );
    }
    return Object.freeze({ hash: hash.toLowerCase(), expiresAt, replaceBy });
  }
}

/** What two owners must not share. */
export function uniqueKeys({ name: owner, path }: KeyOwner, keys: ResolvedKeys): UniqueValue[] {
  return keys.flatMap((key, index) =>
    key === undefined ? [] : [{ value: key.hash, owner, path: path.key('keys').item(index) }],
  );
}

function instantOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}
