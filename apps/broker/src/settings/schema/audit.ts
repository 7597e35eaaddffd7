import { IsBoolean, IsIn } from 'class-validator';
import { auditFormats, type AuditFormat } from '../../audit/audit-fields.js';
import { Description, Optional } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

@Description('The audit: a line for each token served or refused, and for each act of an operator.')
export class AuditSchema {
  @Description(
    'Names of the fields: `native`, those of the Elastic Common Schema (`ecs`) or of OpenTelemetry (`otel`).',
  )
  @IsIn(auditFormats, { message: `must be one of ${auditFormats.join(', ')}` })
  fields: AuditFormat = 'native';

  @Description(
    'Whether each line carries the hash of those before it, and a head is sealed every minute: `token-broker audit verify` finds what is missing or altered.',
  )
  @IsBoolean({ message: 'must be true or false' })
  chain = false;

  @Description(
    'Seals the heads of the chain: 32 bytes in base64; `openssl rand -base64 32` makes them. Omitted: derived from the first of `store.redis.encryptionKeys`.',
  )
  @Optional()
  @IsTextOrFile()
  key?: TextOrFile;
}
