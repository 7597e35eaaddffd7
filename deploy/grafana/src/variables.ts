import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { localRunbook } from '../../kubernetes/prometheus-rules.js';
import { metricNames } from '#metrics/metric-names.js';

/** Chosen by a variable, so that the dashboards do for any Prometheus. */
export const dataSource = { type: 'prometheus', uid: '${datasource}' };

/** Which Prometheus, which brokers, and where the runbook is. */
export function variables() {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    // With `.*`, brokers without a namespace are among all of them.
    allOf(labelVariable('namespace').label('Namespace')),
    allOf(labelVariable('job').label('Job')),
    new TextBoxVariableBuilder('runbook')
      .label('Runbook')
      .description('Address of the runbook: /runbook on the management port of a broker, or your own copy')
      .defaultValue(localRunbook),
  ];
}

/** One client of those that the chosen brokers have. */
export function clientVariable(): QueryVariableBuilder {
  return labelVariable('client', metricNames.cooldownActive).label('Client');
}

function allOf(variable: QueryVariableBuilder): QueryVariableBuilder {
  const all = { text: 'All', value: '$__all', selected: true };
  return variable.includeAll(true).multi(true).allValue('.*').current(all);
}

function labelVariable(label: string, metric: string = metricNames.buildInfo): QueryVariableBuilder {
  return new QueryVariableBuilder(label)
    .datasource(dataSource)
    .query({ query: `label_values(${metric}, ${label})`, refId: 'labels' })
    .refresh(VariableRefresh.OnTimeRangeChanged);
}
