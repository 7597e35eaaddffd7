import { hkdfSync } from 'node:crypto';
import { Secret } from '#tokens/model/secret.js';
import type { SettingsPath } from '../paths.js';
import { AuditSchema } from '../schema/audit.js';
import type { AuditSettings, RedisSettings } from '../settings.js';
import type { FileReader } from './file-reader.js';
import { keyIn } from './redis.js';

export function resolveAudit(
  schema: AuditSchema,
  path: SettingsPath,
  files: FileReader,
  redis: RedisSettings | undefined,
): AuditSettings {
  if (!(schema instanceof AuditSchema) || !path.isValid) return Object.freeze({ fields: 'native' });
  const { fields, chain } = schema;
  const own = keyIn(files.trimmed(schema.key, path.key('key')), path.key('key'));
  if (!chain && schema.key !== undefined) path.key('key').warn('is not used without `chain`');
  const [first] = redis?.encryptionKeys ?? [];
  const key = own ?? (first && derived(first.key));
  if (chain && key === undefined && path.isValid) {
    path.key('key').fault('must be set for `chain`, unless `store.redis` has encryption keys');
  }
  return Object.freeze({ fields, chainKey: chain ? key : undefined });
}

function derived(key: Secret): Secret {
  const bytes = hkdfSync('sha256', Buffer.from(key.reveal(), 'base64'), '', 'audit chain', 32);
  return new Secret(Buffer.from(bytes).toString('base64'));
}
