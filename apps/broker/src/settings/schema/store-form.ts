import { Described } from './described.js';
import { One } from './nested.js';
import { Required } from './presence.js';
import { RedisForm } from './redis-form.js';

@Described('Where tokens are kept.')
export class StoreForm {
  @Described('Redis, for any number of replicas.')
  @Required()
  @One(RedisForm)
  redis!: RedisForm;
}
