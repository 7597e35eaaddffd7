import { IsIn } from 'class-validator';
import { One } from './nested.js';
import { Description, Optional, Required, Text, Whole } from './rules.js';
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

@Description('Where the consumer API listens: tokens are served here.')
export class ListenSchema {
  @Description('Address or host name to bind to; 127.0.0.1 for this machine only.')
  @Text(/^[\w.:-]+$/, 'must be an IP address or a host name')
  host = '0.0.0.0';

  @Description('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  port: number = 8080;

  @Description('Serves by TLS: HTTP/1.1 and HTTP/2. Omitted: plain HTTP, for use behind a mesh or proxy.')
  @Optional()
  @One(ListenTlsSchema)
  tls?: ListenTlsSchema;
}
