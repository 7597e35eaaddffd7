/** What a line of the audit says, by the names that the settings and docs/reference/audit.md have for it. */
export const auditFields = [
  'level',
  'time',
  'msg',
  'audit',
  'requestId',
  'traceId',
  'address',
  'consumer',
  'credential',
  'key',
  'rule',
  'client',
  'scopes',
  'asked',
  'source',
  'token',
  'expiresIn',
  'duration',
  'reason',
  'dropped',
  'revoked',
  'failed',
  'by',
  'operator',
  'operatorSubject',
  'authentication',
  'method',
  'path',
  'service',
  'version',
  'replica',
  'end',
] as const;

export type AuditField = (typeof auditFields)[number];
export type AuditNames = Readonly<Record<AuditField, string>>;

export const auditFormats = ['native', 'ecs', 'otel'] as const;
export type AuditFormat = (typeof auditFormats)[number];

/** Those of the Elastic Common Schema 8; what it has no field for is under `token_broker`. */
const ecs: Partial<AuditNames> = {
  level: 'log.level',
  time: '@timestamp',
  msg: 'message',
  audit: 'event.action',
  requestId: 'http.request.id',
  traceId: 'trace.id',
  address: 'client.ip',
  consumer: 'user.name',
  rule: 'rule.name',
  reason: 'error.message',
  operator: 'user.full_name',
  operatorSubject: 'user.id',
  method: 'http.request.method',
  path: 'url.path',
  service: 'service.name',
  version: 'service.version',
  replica: 'service.node.name',
};

/** Those of OpenTelemetry's semantic conventions and log data model; the rest is under `token_broker`. */
const otel: Partial<AuditNames> = {
  level: 'severity_text',
  time: 'timestamp',
  msg: 'body',
  audit: 'event.name',
  traceId: 'trace_id',
  address: 'client.address',
  consumer: 'user.name',
  reason: 'error.message',
  operator: 'user.full_name',
  operatorSubject: 'user.id',
  method: 'http.request.method',
  path: 'url.path',
  service: 'service.name',
  version: 'service.version',
  replica: 'service.instance.id',
};

export function namesOf(format: AuditFormat): AuditNames {
  const own = { native: undefined, ecs, otel }[format];
  const entries = auditFields.map((field) => [
    field,
    own === undefined ? field : (own[field] ?? custom(field)),
  ]);
  return Object.fromEntries(entries) as AuditNames;
}

/** `expiresIn` -> `token_broker.expires_in` */
function custom(field: AuditField): string {
  return `token_broker.${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}
