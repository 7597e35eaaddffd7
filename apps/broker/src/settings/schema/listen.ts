import { Description, One, Optional, Text, Whole } from './rules.js';
import { ListenTlsSchema } from './tls.js';

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
