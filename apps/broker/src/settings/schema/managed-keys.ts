import { Description, Duration, Line, Optional } from './rules.js';

/** Seconds. */
const day = 86_400;

@Description('The signing keys that the broker makes itself, of clients with `keys: managed`.')
export class ManagedKeysSchema {
  @Description(
    'For a single replica without `store.redis`: the folder in which they are kept, relative to that of the settings file. It must outlive the process.',
    { examples: ['/var/lib/token-broker/keys'] },
  )
  @Optional()
  @Line()
  folder?: string;

  @Description('How often another key takes the place of the one that signs.')
  @Duration(0.1, 3650 * day)
  rotateEvery: number = 30 * day;

  @Description(
    'For so long a key is published before it signs: longer than authorization servers keep what they have read.',
  )
  @Duration(0.1, 365 * day)
  announceFor: number = day;

  @Description('For so long a key is published after it has signed.')
  @Duration(10, 365 * day)
  keepFor: number = day;
}
