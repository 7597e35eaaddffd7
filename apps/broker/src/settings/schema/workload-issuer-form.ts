import { Described } from './described.js';
import { Optional, Required } from './presence.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';
import { Line } from './texts.js';
import { IsHttpsUrl } from './urls.js';

@Described('Who issues the JWTs by which workloads authenticate.')
export class WorkloadIssuerForm {
  @Described('The claim `iss` of its JWTs.', { examples: ['https://kubernetes.default.svc'] })
  @Required()
  @IsHttpsUrl({ query: false })
  issuer!: string;

  @Described('What the claim `aud` of a JWT for this broker holds.', { examples: ['token-broker'] })
  @Required()
  @Line()
  audience!: string;

  @Described("Where its keys are. Default: as the issuer's /.well-known/openid-configuration tells.")
  @Optional()
  @IsHttpsUrl()
  jwksUri?: string;

  @Described('Certificates of the authorities to trust for fetching the keys, PEM.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
  })
  @Optional()
  @IsTextOrFile()
  ca?: TextOrFile;

  @Described('Bearer token for fetching the keys.', {
    examples: [{ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }],
  })
  @Optional()
  @IsTextOrFile()
  bearerToken?: TextOrFile;
}
