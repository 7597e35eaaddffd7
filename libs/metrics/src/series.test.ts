import { fc } from '#test/property.js';
import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { CounterSeries, HistogramSeries } from './series.js';

const labels = { client: 'rabot', source: 'memory' };
const labelNames = ['source', 'client'];
const buckets = [0.5, 1, 2.5, 10];

it('a series counts as the histogram and the counter themselves do, beside what they count', async () => {
  const values = fc.array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...buckets), fc.double({ min: -1, max: 20, noNaN: true })),
      fc.boolean(),
    ),
  );
  await fc.assert(
    fc.asyncProperty(values, async (observed) => {
      const [expected, exposed] = [new Registry(), new Registry()];
      const metrics = [expected, exposed].map((registry) => ({
        counter: new Counter({
          name: 'requests_total',
          help: 'Requests.',
          labelNames,
          registers: [registry],
        }),
        histogram: new Histogram({
          name: 'seconds',
          help: 'Seconds.',
          labelNames,
          buckets,
          registers: [registry],
        }),
      }));
      const [own, mixed] = metrics as [(typeof metrics)[0], (typeof metrics)[0]];
      own.counter.inc(labels, 0);
      own.histogram.zero(labels);
      for (const metric of metrics) metric.histogram.observe(labels, 1);
      const counter = new CounterSeries(mixed.counter, { ...labels });
      const histogram = new HistogramSeries(mixed.histogram, { ...labels });
      for (const [value, bySeries] of observed) {
        own.counter.inc(labels);
        own.histogram.observe(labels, value);
        if (bySeries) {
          counter.inc();
          histogram.observe(value);
        } else {
          mixed.counter.inc(labels);
          mixed.histogram.observe(labels, value);
        }
      }
      expect(await exposed.metrics()).toBe(await expected.metrics());
    }),
  );
});
