import { Description, Text, Whole } from './rules.js';

@Description('Where the consumer API listens: tokens are served here.')
export class ListenSchema {
  @Description('Address or host name to bind to; 127.0.0.1 for this machine only.')
  @Text(/^[\w.:-]+$/, 'must be an IP address or a host name')
  host = '0.0.0.0';

  @Description('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  port: number = 8080;
}
