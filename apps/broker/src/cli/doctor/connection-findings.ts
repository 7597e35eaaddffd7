import { X509Certificate } from 'node:crypto';
import { counted } from '../counted.js';
import { fault, type Finding, warning } from './finding.js';
import type { Sighting } from './sighting.js';

const seconds = 1_000;
const day = 24 * 3_600 * seconds;

/** Milliseconds. Below this the rough header and a slow answer may be all there is. */
const noticed = 30 * seconds;
const soon = 14 * day;

/** What is odd about a connection that works. `now`: milliseconds since 1970. */
export function connectionFindings({ skew, certificateEndsAt }: Sighting, now: number): Finding[] {
  const findings: Finding[] = [];
  if (skew !== undefined && Math.abs(skew) > noticed) {
    const side = skew > 0 ? 'ahead of' : 'behind';
    findings.push(
      warning(
        'clock_skew',
        `Its clock is ${Math.round(Math.abs(skew) / seconds)} s ${side} this machine's.`,
        [
          'the broker counts lifetimes on its own clock and is not disturbed; client assertions (private_key_jwt) and whoever checks exp are: see to NTP on both sides',
        ],
      ),
    );
  }
  const left = (certificateEndsAt ?? Infinity) - now;
  if (left > 0 && left < soon) {
    findings.push(
      warning('certificate_ends_soon', `The server's certificate ends in ${inDays(left)}.`, [
        'tell whoever runs the authorization server, unless it is renewed by itself',
      ]),
    );
  }
  return findings;
}

/** Of a client that proves itself by a certificate (PEM). */
export function ownCertificateFindings(certificate: string, now: number): Finding[] {
  const left = new X509Certificate(certificate).validToDate.getTime() - now;
  const hints = ['have another one issued; the broker takes the new files up by itself'];
  if (left <= 0) return [fault('client_certificate_ended', "The client's own certificate is over.", hints)];
  if (left >= soon) return [];
  return [
    warning('client_certificate_ends_soon', `The client's own certificate ends in ${inDays(left)}.`, hints),
  ];
}

function inDays(milliseconds: number): string {
  return counted(Math.floor(milliseconds / day), 'day');
}
