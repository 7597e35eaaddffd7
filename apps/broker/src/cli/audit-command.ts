import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AuditVerification } from '../audit/audit-verification.js';
import { loadSettings } from '../settings/load-settings.js';
import {
  type Call,
  type Command,
  type Context,
  exitStatus,
  jsonOption,
  textIn,
  UsageError,
} from './command.js';
import { jsonReport } from './json-report.js';
import { type Output, pluralize } from './output.js';

const noLine =
  'no line of a chained audit was found; check that these are logs of a broker with audit.chain: true';

/** Findings that are printed: the first ones say where to look. */
const maxFindings = 100;

export const auditCommand: Command = {
  name: 'audit',
  about: 'says whether a line of a chained audit is missing, altered or out of order',
  takesFile: false,
  operands: 'verify LOG…',
  options: {
    config: {
      type: 'string',
      value: 'FILE',
      about: 'the settings of the broker, for the key of the chain; or the variable TOKEN_BROKER_CONFIG',
    },
    'key-file': { type: 'string', value: 'FILE', about: 'holds audit.key, instead of the settings' },
    partial: {
      type: 'boolean',
      about: 'the lines before and after these are in other files, or the broker is still running',
    },
    json: jsonOption,
  },
  async run(call, context) {
    const { output } = context;
    const [action, ...files] = call.operands;
    if (action !== 'verify' || files.length === 0) {
      throw new UsageError('audit: usage: audit verify LOG…, with all files of the log, oldest first');
    }
    const verification = new AuditVerification({
      key: keyOf(call, context),
      isPartial: call.flag('partial'),
    });
    for (const file of files) await readLog(file, verification, context);
    verification.end();
    const isFine = verification.findings.length === 0 && verification.counts.lines > 0;
    const status = isFine ? exitStatus.fine : exitStatus.wrong;
    if (call.flag('json')) output.json(jsonReport('audit', status, plain(verification)));
    else print(verification, output);
    return status;
  },
};

function keyOf(call: Call, { environment }: Context): Buffer {
  const keyFile = call.text('key-file');
  if (keyFile !== undefined) return keyIn(keyFile);
  const file = call.text('config') ?? environment['TOKEN_BROKER_CONFIG'];
  if (!file) throw new UsageError('audit: name the settings by --config FILE, or the key by --key-file FILE');
  const { chainKey } = loadSettings(file, environment).settings.audit;
  if (chainKey === undefined)
    throw new UsageError(
      `audit: audit.chain is not enabled in ${file}; name the settings of the broker that wrote the log`,
    );
  return Buffer.from(chainKey.reveal(), 'base64');
}

function keyIn(file: string): Buffer {
  const key = Buffer.from(textIn(file).trim(), 'base64');
  if (key.length === 32) return key;
  throw new UsageError(`audit: the file ${file} does not hold 32 bytes in base64`);
}

async function readLog(file: string, verification: AuditVerification, { output }: Context): Promise<void> {
  output.progress(`reading ${file}`);
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      verification.read(line, `${file}:${++number}`);
    }
  } catch {
    throw new UsageError(`audit: the file ${file} cannot be read`);
  }
}

function plain({ findings, counts }: AuditVerification) {
  const errors = findings.map(({ kind, place, detail, chain }) => {
    return { code: kind.replaceAll(' ', '_'), message: detail, place, chain };
  });
  const none = { code: 'no_chain', message: noLine };
  const isEmpty = counts.lines === 0;
  return {
    errors: isEmpty ? [none, ...errors] : errors,
    fine: findings.length === 0 && !isEmpty,
    ...counts,
    findings,
  };
}

function print({ findings, counts: { lines, chains } }: AuditVerification, output: Output): void {
  for (const { kind, place, detail, chain } of findings.slice(0, maxFindings)) {
    output.line(`${place}: ${kind}: ${detail}${chain === undefined ? '' : ` (chain ${chain})`}`, 'red');
  }
  if (findings.length > maxFindings) output.line(`and ${findings.length - maxFindings} more`, 'red');
  const sum = `${pluralize(lines, 'line')} in ${pluralize(chains, 'chain')}, ${pluralize(findings.length, 'finding')}`;
  output.line(lines === 0 ? noLine : sum, findings.length > 0 || lines === 0 ? 'red' : 'green');
}
