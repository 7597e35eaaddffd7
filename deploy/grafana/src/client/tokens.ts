import { metricNames as names } from '#metrics/metric-names.js';
import { graph, timeline, type Row } from '../panels.js';
import { max, select } from '../queries.js';
import { tokenStates } from '../states.js';

const client = 'client="$client"';
const expiry = max('scopes', select(names.tokenExpiry, client));
const renewal = max('scopes', select(names.tokenRenewal, client));

export const tokens: Row = {
  title: 'Lives of its tokens',
  panels: [
    timeline(
      {
        title: 'Tokens, by scope set',
        description:
          'Fresh until its renewal is due; "expires soon" when half of the time from there to its expiry has passed.',
        unit: 'none',
        width: 24,
        queries: {
          '{{scopes}}': `(${renewal} < bool time()) + ((${renewal} + ${expiry}) / 2 < bool time())`,
        },
        alert: 'TokenBrokerTokenExpiresSoon',
      },
      tokenStates,
    ),
    graph({
      title: 'Life left, by scope set',
      description: 'A saw: each jump is a renewal. What falls to the ground has expired.',
      unit: 's',
      queries: { '{{scopes}}': `${expiry} - time()` },
    }),
    graph({
      title: 'Until the next renewal, by scope set',
      description: 'What stays at the ground is due, and not renewed.',
      unit: 's',
      queries: { '{{scopes}}': `clamp_min(${renewal} - time(), 0)` },
      alert: 'TokenBrokerScheduleLate',
    }),
  ],
};
