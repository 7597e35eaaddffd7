import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ListenSettings, Settings } from '../../settings/settings.js';
import { pluralize } from '../output.js';
import { fault, type Finding, warning } from './finding.js';
import type { ListenerReport } from './report.js';

/** Milliseconds. A certificate that lives for an hour, as SPIRE issues them, ends soon when a tenth of its life is left. */
const soon = 14 * 24 * 3_600_000;
const shareLeft = 0.1;

const rotation = ['get a new one issued; the broker loads the new files without a restart'];

/**
 * The certificates that consumers and operators see.
 * @param now Unix time in milliseconds
 */
export function examineListeners(
  { listen, management, publicUrl }: Pick<Settings, 'listen' | 'publicUrl'> & { management: ListenSettings },
  now: number,
): ListenerReport[] {
  const host = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
  return [...examined('listen', listen, host, now), ...examined('management', management, undefined, now)];
}

function examined(
  side: ListenerReport['side'],
  { tls }: ListenSettings,
  host: string | undefined,
  now: number,
): ListenerReport[] {
  if (tls === undefined) return [];
  const certificate = new X509Certificate(tls.certificate);
  return [{ side, findings: [...validity(certificate, now), ...names(certificate, host)] }];
}

function validity({ validFromDate, validToDate }: X509Certificate, now: number): Finding[] {
  const left = validToDate.getTime() - now;
  const life = validToDate.getTime() - validFromDate.getTime();
  if (left <= 0) {
    return [fault('listener_certificate_ended', `It expired on ${validToDate.toISOString()}.`, rotation)];
  }
  if (left > Math.min(soon, life * shareLeft)) return [];
  const hours = pluralize(Math.floor(left / 3_600_000), 'hour');
  return [warning('listener_certificate_ends_soon', `It expires in ${hours}.`, rotation)];
}

function names(certificate: X509Certificate, host: string | undefined): Finding[] {
  if (host === undefined || isFor(certificate, host.replaceAll(/[[\]]/g, ''))) return [];
  return [
    fault('listener_certificate_wrong_name', `publicUrl names ${host}, which is not in the certificate.`, [
      'name the host of the certificate in publicUrl, unless a proxy with a certificate of its own stands there',
    ]),
  ];
}

function isFor(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
}
