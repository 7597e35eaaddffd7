import { Described } from './described.js';
import { Whole } from './numbers.js';
import { Text } from './texts.js';

@Described("Where the consumers' side listens: tokens are handed out here.")
export class ListenForm {
  @Described('Address or host name to bind to; 127.0.0.1 for this machine only.')
  @Text(/^[\w.:-]+$/, 'must be an IP address or a host name')
  host = '0.0.0.0';

  @Described('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  port: number = 8080;
}

@Described("Where the operators' side listens: health, metrics, status page. Do not expose it.")
export class ManagementForm extends ListenForm {
  @Described('TCP port; 0 takes any free one.')
  @Whole(0, 65_535)
  override port: number = 9090;
}
