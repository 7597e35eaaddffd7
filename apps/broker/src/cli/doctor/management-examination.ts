import type { Configuration } from 'openid-client';
import { discovered } from '../../management/access/openid-provider.js';
import type { ManagementSettings, OperatorOidc } from '../../settings/settings.js';
import type { ManagementReport, Problem } from './report.js';

/** Where people log in: fetches the metadata of their provider, and logs no one in. */
export async function examineManagement({
  authentication,
  publicUrl,
}: ManagementSettings): Promise<ManagementReport | undefined> {
  const oidc = authentication?.oidc;
  if (oidc === undefined) return undefined;
  try {
    return { issuer: oidc.issuer, problems: providerProblems(await discovered(oidc), oidc) };
  } catch (error) {
    const detail = `log-ins at ${publicUrl}/login fail, as the metadata of the issuer cannot be used: ${reasonOf(error)}. Check issuer and ca in management.authentication.oidc.`;
    return { issuer: oidc.issuer, problems: [{ severity: 'fault', detail }] };
  }
}

function providerProblems(configuration: Configuration, { scopes }: OperatorOidc): Problem[] {
  const {
    authorization_endpoint: endpoint,
    code_challenge_methods_supported: methods,
    scopes_supported: known,
  } = configuration.serverMetadata();
  const problems: Problem[] = [];
  if (endpoint === undefined) {
    problems.push({
      severity: 'fault',
      detail: 'the issuer has no authorization_endpoint: no one can log in.',
    });
  }
  if (methods !== undefined && !methods.includes('S256')) {
    problems.push({ severity: 'warning', detail: 'the issuer does not list S256: it may ignore PKCE.' });
  }
  const unknown = known === undefined ? [] : scopes.filter((scope) => !known.includes(scope));
  if (unknown.length > 0) {
    const detail = `the issuer does not list ${unknown.join(', ')} among its scopes: groups may be missing, and with them the roles.`;
    problems.push({ severity: 'warning', detail });
  }
  return problems;
}

/** The cause says more than the library's own words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
