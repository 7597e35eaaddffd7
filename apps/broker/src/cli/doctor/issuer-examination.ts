import { IssuerClient } from '#workloads/issuer-client.js';
import type { WorkloadIssuer } from '#workloads/trusted-issuer.js';
import type { IssuerReport } from './report.js';

/** Milliseconds for each request. */
const timeout = 5_000;

/** Whether the keys of the workload issuers can be fetched: without them no workload can authenticate. */
export function examineIssuers(issuers: readonly WorkloadIssuer[]): Promise<IssuerReport[]> {
  return Promise.all(
    issuers.map(async (issuer): Promise<IssuerReport> => {
      const client = new IssuerClient(issuer, timeout);
      try {
        await client.keySet();
        return { name: issuer.name, issuer: issuer.issuer, problems: [] };
      } catch (error) {
        const reason = error instanceof Error ? error.message : 'unknown';
        const detail = `its keys cannot be fetched, so none of its workloads can authenticate: ${reason}. Check issuer, jwksUri and ca of workloadIssuers.${issuer.name}.`;
        return { name: issuer.name, issuer: issuer.issuer, problems: [{ severity: 'fault', detail }] };
      } finally {
        await client.close();
      }
    }),
  );
}
