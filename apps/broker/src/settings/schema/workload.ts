import { IsProxy, type ProxySchema } from './proxy.js';
import { Description, HttpsUrl, Line, Optional, Required } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

@Description('A workload that authenticates by a JWT, such as that of a Kubernetes service account.')
export class WorkloadSchema {
  @Description('Name of the issuer in `workloadIssuers`.')
  @Required()
  @Line()
  issuer!: string;

  @Description('The claim `sub` of its JWTs.', { examples: ['system:serviceaccount:finance:report'] })
  @Required()
  @Line()
  subject!: string;
}

@Description('Who issues the JWTs by which workloads authenticate.')
export class WorkloadIssuerSchema {
  @Description('The claim `iss` of its JWTs.', { examples: ['https://kubernetes.default.svc'] })
  @Required()
  @HttpsUrl({ query: false })
  issuer!: string;

  @Description('What the claim `aud` of a JWT for this broker holds.', { examples: ['token-broker'] })
  @Required()
  @Line()
  audience!: string;

  @Description("Where its keys are. Default: as in the issuer's /.well-known/openid-configuration.")
  @Optional()
  @HttpsUrl()
  jwksUri?: string;

  @Description('Certificates of the authorities to trust for fetching the keys, PEM.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
  })
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Description('HTTP proxy by which the keys are fetched. Default: as at the top level.')
  @Optional()
  @IsProxy()
  proxy?: ProxySchema;

  @Description('Bearer token for fetching the keys.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }],
  })
  @Optional()
  @IsTextOrFile()
  bearerToken?: TextOrFile;
}
