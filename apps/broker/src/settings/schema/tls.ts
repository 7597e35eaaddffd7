import { IsIn } from 'class-validator';
import { Description, Optional, Required } from './rules.js';
import { IsTextOrFile, type TextOrFile } from './text-or-file.js';

export const tlsVersions = ['TLSv1.2', 'TLSv1.3'] as const;

export type TlsVersion = (typeof tlsVersions)[number];

@Description(
  'The certificate of this side. Its files are read again when they change; open connections stay.',
)
export class TlsSchema {
  @Description('The certificate and those between it and its root, PEM.', {
    examples: [{ file: '/var/run/secrets/tls/tls.crt' }],
  })
  @Required()
  @IsTextOrFile()
  certificate!: TextOrFile;

  @Description('Its private key, unencrypted PEM.', { examples: [{ file: '/var/run/secrets/tls/tls.key' }] })
  @Required()
  @IsTextOrFile()
  key!: TextOrFile;

  @Description('The oldest version of TLS that is spoken.')
  @IsIn(tlsVersions, { message: `must be one of ${tlsVersions.join(', ')}` })
  minVersion: TlsVersion = 'TLSv1.2';
}

@Description('The certificate of the consumer API, and the authorities of client certificates.')
export class ListenTlsSchema extends TlsSchema {
  @Description(
    'Certificates of the authorities, PEM, whose client certificates consumers may authenticate with. Omitted: none is asked for.',
  )
  @Optional()
  @IsTextOrFile()
  clientCa?: TextOrFile;
}
