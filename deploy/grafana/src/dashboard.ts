import {
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Row } from './panels.js';
import { variables } from './variables.js';

export interface DashboardOptions {
  uid: string;
  title: string;
  description: string;
  rows: readonly Row[];
}

const tag = 'token-broker';

/** A dashboard with what all of them have in common: the variables, and the way to one another. */
export function dashboard({ uid, title, description, rows }: DashboardOptions): DashboardBuilder {
  const others = new DashboardLinkBuilder('Token broker').type(DashboardLinkType.Dashboards).tags([tag]);
  const whole = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .timezone('browser')
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .variables(variables())
    .link(others.keepTime(true).includeVars(true).asDropdown(true));
  for (const row of rows) {
    whole.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) whole.withPanel(panel);
  }
  return whole;
}
