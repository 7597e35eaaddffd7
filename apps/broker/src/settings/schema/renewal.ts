import { Decimal, Description, Duration, Optional } from './rules.js';

/** In the units of the file: shares of the lifetime, and seconds. */
export const renewalDefaults = { at: 0.8, jitter: 0.05, minRemaining: 60, idleAfter: 3600 };

@Description('When tokens are renewed. What a client leaves out is taken from the top level.')
export class RenewalSchema {
  @Description('Share of the lifetime after which a token is renewed.', { default: renewalDefaults.at })
  @Optional()
  @Decimal(0.1, 0.95)
  at?: number;

  @Description(
    'Share of the lifetime by which that moment is moved at random, to both sides; less than `at`.',
    { default: renewalDefaults.jitter },
  )
  @Optional()
  @Decimal(0, 0.2)
  jitter?: number;

  @Description('Seconds that a served token still lives, at most half of its lifetime.', {
    default: renewalDefaults.minRemaining,
  })
  @Optional()
  @Duration(0, 3600)
  minRemaining?: number;

  @Description('Seconds without demand after which a token is left to lapse.', {
    default: renewalDefaults.idleAfter,
  })
  @Optional()
  @Duration(1)
  idleAfter?: number;
}
