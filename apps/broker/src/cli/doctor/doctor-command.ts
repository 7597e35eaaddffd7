import type { ManagedKeys } from '#oauth/keys/managed-keys.js';
import { certificateOf, managedKeyOf } from '#oauth/request/client-credential.js';
import { SystemClock } from '#tokens/model/clock.js';
import { connectClient } from '../../core/connected-client.js';
import { loadSettings } from '../../settings/load-settings.js';
import type { ClientSettings, Settings } from '../../settings/settings.js';
import { type Command, type Context, jsonOption, exitStatus, UsageError } from '../command.js';
import { jsonReport } from '../json-report.js';
import { clientOfRunningBroker } from '../running-broker.js';
import { SettingsLines } from '../settings-lines.js';
import { ClientExamination } from './client-examination.js';
import { ownKeyFindings } from './key-findings.js';
import { withManagedKeys } from './signing-keys.js';
import { clientUnderTest } from './client-under-test.js';
import { credentialExpiryFindings, ownCertificateFindings } from './response-findings.js';
import { examineManagement } from './management-examination.js';
import { machineProblems, thisMachine } from './machine-examination.js';
import { examineIssuers } from './issuer-examination.js';
import { examineListeners } from './listener-examination.js';
import { trialFindings } from './running-findings.js';
import { examineRedis } from './redis-examination.js';
import {
  type ClientReport,
  type DoctorReport,
  faultsOf,
  numberOf,
  printClient,
  printManagement,
  printIssuer,
  printListener,
  printMachine,
  printRedis,
  printSum,
} from './report.js';
import { wantedScopeSets } from './wanted-scope-sets.js';

const clock = new SystemClock();

export const doctorCommand: Command = {
  name: 'doctor',
  about:
    'requests tokens from each authorization server of the settings, and reports what is wrong and what to do',
  takesFile: true,
  options: {
    client: { type: 'string', value: 'NAME', about: 'this client only' },
    json: jsonOption,
  },
  async run(call, context) {
    const { output, environment } = context;
    const file = call.file as string;
    const { settings, warnings: odd, refused } = loadSettings(file, environment);
    const warnings = [...odd, ...(refused?.lines ?? [])];
    const clients = chosen(settings, call.text('client'));
    const isForPeople = !call.flag('json');
    if (isForPeople) for (const warning of warnings) output.line(`warning: ${warning}`, 'yellow');
    const reports: ClientReport[] = [];
    const lines = SettingsLines.of(file);
    for (const client of clients) {
      const report = await examined(client, settings, lines, context);
      reports.push(report);
      if (isForPeople) printClient(report, output);
    }
    const isWhole = call.text('client') === undefined;
    const listeners = isWhole ? examineListeners(settings, clock.wallTime()) : [];
    if (isForPeople) for (const listener of listeners) printListener(listener, output);
    const issuers = isWhole ? await examineIssuers(Object.values(settings.workloadIssuers)) : [];
    if (isForPeople) for (const issuer of issuers) printIssuer(issuer, output);
    const machine = isWhole && {
      problems: machineProblems(thisMachine(), Object.keys(settings.consumers).length),
    };
    if (isForPeople && machine) printMachine(machine, output);
    const redis = await redisReport(settings, call.text('client'), context);
    const management = call.text('client') === undefined && (await examineManagement(settings.management));
    const report: DoctorReport = {
      file,
      warnings,
      clients: reports,
      ...(machine && { machine }),
      ...(redis && { redis }),
      ...(management && { management }),
      ...(listeners.length > 0 && { listeners }),
      ...(issuers.length > 0 && { issuers }),
    };
    if (isForPeople && redis) printRedis(redis, output);
    if (isForPeople && management) printManagement(management, output);
    const isFine = numberOf('fault', report) === 0;
    const status = isFine ? exitStatus.fine : exitStatus.wrong;
    if (isForPeople) printSum(report, output);
    else output.json(jsonReport('doctor', status, { errors: faultsOf(report), fine: isFine, ...report }));
    return status;
  },
};

function chosen({ clients }: Settings, name: string | undefined): ClientSettings[] {
  if (name === undefined) return Object.values(clients);
  const client = clients[name];
  if (client !== undefined) return [client];
  throw new UsageError(`doctor: there is no client ${name}; there are ${Object.keys(clients).join(', ')}`);
}

async function examined(
  client: ClientSettings,
  settings: Settings,
  lines: SettingsLines,
  context: Context,
): Promise<ClientReport> {
  const isManaged = client.credentials.some((one) => managedKeyOf(one) !== undefined);
  if (!isManaged) return examinedBy(undefined, client, settings, lines, context);
  return withManagedKeys(settings, clock, (keys) => examinedBy(keys, client, settings, lines, context));
}

async function examinedBy(
  managedKeys: ManagedKeys | undefined,
  client: ClientSettings,
  settings: Settings,
  lines: SettingsLines,
  { output, environment }: Context,
): Promise<ClientReport> {
  const connected = await connectClient(client, clock, { managedKeys });
  const subject = clientUnderTest(client, settings, lines);
  const examination = new ClientExamination(subject, connected, {
    clock,
    proxyVariables: proxyVariables(environment),
    progress: (text) => output.progress(text),
  });
  try {
    const report = await examination.run(wantedScopeSets(connected, Object.values(settings.consumers)));
    const own = client.credentials.flatMap((one, n) => {
      const shown = certificateOf(one);
      if (shown !== undefined) return ownCertificateFindings(shown.certificate, clock.wallTime());
      return credentialExpiryFindings(client.credentialExpiries?.[n] ?? Infinity, clock.wallTime());
    });
    const managed = client.credentials.flatMap((one) => managedKeyOf(one) ?? [])[0];
    const jwks = subject.signed?.jwks;
    const published =
      managed === undefined || jwks === undefined || settings.publicUrl === undefined
        ? []
        : await ownKeyFindings(jwks, (await managedKeys?.signingKey(managed).catch(() => undefined))?.keyId);
    const running = await clientOfRunningBroker(client.name, settings.management);
    const findings = [...own, ...published, ...trialFindings(running ?? {}), ...report.findings];
    return { ...report, findings };
  } finally {
    await connected.server.close();
  }
}

/** Not when one client was asked about. */
async function redisReport({ store }: Settings, client: string | undefined, { output }: Context) {
  if (store === undefined || client !== undefined) return undefined;
  output.progress('redis: connecting');
  return examineRedis(store.redis, clock);
}

function proxyVariables(environment: NodeJS.ProcessEnv): string[] {
  return ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].filter(
    (name) => environment[name],
  );
}
