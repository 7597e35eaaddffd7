import { PanelBuilder as BarGauge } from '@grafana/grafana-foundation-sdk/bargauge';
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
} from '@grafana/grafana-foundation-sdk/common';
import { PanelBuilder as StateTimeline } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import {
  DashboardLinkBuilder,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMap,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { dataSource } from './variables.js';

export interface PanelOptions {
  title: string;
  /** What is to be seen, and when to worry. */
  description: string;
  /** Of Grafana: `s`, `percentunit`, `reqps` and so on. */
  unit: string;
  /** Legend -> PromQL. */
  queries: Readonly<Record<string, string>>;
  /** Colour from a value on; the first is for all below. */
  thresholds?: readonly Threshold[];
  /** The alerts that watch over the same: links to their sections of the runbook. */
  alert?: string | readonly string[];
  /** Of 24 columns. */
  width?: number;
}

export const green: Threshold = { color: 'green', value: null };

export interface Row {
  title: string;
  panels: readonly (Stat | TimeSeries | StateTimeline | BarGauge)[];
}

/** Colour and words of the values of a state. */
export type States = Readonly<Record<string, { text: string; color: string }>>;

/** The number that it is now. */
export function stat(options: PanelOptions, states: States = {}): Stat {
  const panel = new Stat().graphMode(BigValueGraphMode.None).colorMode(BigValueColorMode.Background);
  panel
    .reduceOptions(latest())
    .mappings([mapping(states)])
    .height(4);
  return prepared(panel, { width: 4, ...options }, 'instant');
}

/** How it went. */
export function graph(options: PanelOptions): TimeSeries {
  return prepared(timeSeries(options).fillOpacity(5).min(0), options);
}

/** How it went, where the values may be negative. */
export function signedGraph(options: PanelOptions): TimeSeries {
  return prepared(timeSeries(options).axisCenteredZero(true), options);
}

/** Which state it was in, and when. */
export function timeline(options: PanelOptions, states: States): StateTimeline {
  const panel = new StateTimeline().height(8).mergeValues(true).rowHeight(0.8).fillOpacity(80);
  return prepared(panel.mappings([mapping(states)]), options);
}

/** The values that there are now, side by side. */
export function bars(options: PanelOptions): BarGauge {
  const panel = new BarGauge().height(8).orientation(VizOrientation.Horizontal).min(0);
  return prepared(panel.reduceOptions(latest()), options, 'instant');
}

function timeSeries({ thresholds }: PanelOptions): TimeSeries {
  const lines = thresholds === undefined ? GraphThresholdsStyleMode.Off : GraphThresholdsStyleMode.Dashed;
  return new TimeSeries().height(8).thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(lines));
}

function latest(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']);
}

function prepared<Panel extends Stat | TimeSeries | StateTimeline | BarGauge>(
  panel: Panel,
  { title, description, unit, queries, thresholds = [green], alert, width = 12 }: PanelOptions,
  kind: 'range' | 'instant' = 'range',
): Panel {
  panel.title(title).description(description).unit(unit).span(width).datasource(dataSource);
  panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...thresholds]));
  for (const [n, [legend, expr]] of Object.entries(queries).entries()) {
    const query = new DataqueryBuilder()
      .refId(String.fromCodePoint(65 + n))
      .expr(expr)
      .legendFormat(legend);
    panel.withTarget(kind === 'instant' ? query.instant() : query.range());
  }
  if (alert !== undefined) panel.links([alert].flat().map(runbookLink));
  return panel;
}

function runbookLink(alert: string): DashboardLinkBuilder {
  const url = `\${runbook}#${alert.toLowerCase()}`;
  return new DashboardLinkBuilder(`Runbook: ${alert}`).url(url).targetBlank(true);
}

function mapping(states: States): ValueMap {
  const options = Object.entries(states).map(([value, state], index) => [value, { ...state, index }]);
  return { type: 'value' as ValueMap['type'], options: Object.fromEntries(options) };
}
