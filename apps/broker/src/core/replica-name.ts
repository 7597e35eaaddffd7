import { randomBytes } from 'node:crypto';

const hostName = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

/** What this replica is called: its host's name, which in Kubernetes is that of the pod, or else a random one. */
export function replicaName(hostname: string | undefined): string {
  if (hostname !== undefined && hostName.test(hostname)) return hostname;
  return `replica-${randomBytes(4).toString('hex')}`;
}
