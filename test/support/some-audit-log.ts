import { namesOf, type AuditFormat } from '../../apps/broker/src/audit/audit-fields.js';
import { AuditLog } from '../../apps/broker/src/audit/audit-log.js';

/** An audit log of a replica with a name, which is not chained. */
export function someAuditLog(
  output: { write(line: string): void },
  format: AuditFormat = 'native',
): AuditLog {
  const origin = { service: 'token-broker', version: '0.0.0', replica: 'replica-1' };
  return new AuditLog({ output, names: namesOf(format), origin });
}
