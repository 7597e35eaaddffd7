import { Description, Optional, Whole } from './rules.js';

@Description(
  'How many token requests the authorization server grants this client, in any window of that length.',
)
export class MaxTokenRequestsSchema {
  @Description('In a minute. Replaces `maxTokenRequestsPerMinute`.')
  @Optional()
  @Whole(1, 100_000)
  perMinute?: number;

  @Description('In an hour.')
  @Optional()
  @Whole(1, 10_000_000)
  perHour?: number;

  @Description('In a day.')
  @Optional()
  @Whole(1, 10_000_000)
  perDay?: number;

  @Description('In 31 days.')
  @Optional()
  @Whole(1, 100_000_000)
  perMonth?: number;
}
