import { Choice } from './choice.js';
import { ConsumerTable } from './consumer-table.js';
import { byId, setAttribute, setText } from './element.js';
import { Overview } from './overview.js';
import { Polling } from './polling.js';
import { Renewals } from './renewal.js';
import { ServerClock } from './server-clock.js';
import { onSessionEnd, showOperator } from './session.js';
import { TokenList } from './token-list.js';
import { TokenSource } from './token-source.js';
import { clockTime, fromNow, timeZone } from './words.js';

const clock = new ServerClock();
const idOf = (client) => `client-${encodeURIComponent(client)}`;
const overview = new Overview(idOf);
const renewals = new Renewals(clock, render, showRenewed);
const list = new TokenList(renewals, idOf, clock);
const source = new TokenSource();
const choice = new Choice({ onFilter: showReport, onClient: () => void polling.refresh() });
const consumers = new ConsumerTable(() => void polling.refresh());
const polling = new Polling(load);

/** The last answer of the broker, when it came, and what has gone wrong since. */
let report;
let reportedAt;
let fault;

async function load(signal) {
  try {
    const answer = await source.load(choice.client, signal);
    if (signal.aborted) return;
    clock.set(answer.now);
    [report, reportedAt, fault] = [answer, clock.now(), undefined];
  } catch (error) {
    if (signal.aborted) return;
    onSessionEnd(error);
    fault = { message: error.message, status: error.status, since: fault?.since ?? clock.now() };
  }
  showReport();
  await Promise.allSettled([list.loadDays(signal), consumers.load(signal)]);
  if (!signal.aborted) render();
}

/** The answer to a renewal is newer than the last report. */
function showRenewed(token) {
  source.put(token);
  report = { ...report, ...source.current };
  void polling.refresh();
}

/** Shows what has come, with what is chosen of it. */
function showReport() {
  if (report !== undefined) {
    choice.update(report);
    list.update(report, clock.now(), choice);
  }
  render();
}

/** Shows the same at a later time. */
function render() {
  const now = clock.now();
  showFeed(now);
  showAlarm(now);
  document.body.classList.toggle('stale', fault !== undefined);
  if (report === undefined) return;
  showOperator(report.operator);
  overview.update(report, now);
  list.render(now);
}

function showFeed(now) {
  const age = reportedAt === undefined ? '' : fromNow(new Date(reportedAt).toISOString(), now);
  const [state, words] = feed(age);
  setAttribute(byId('feed'), 'data-feed', state);
  setText(byId('feed'), words);
}

function feed(age) {
  if (fault !== undefined) return ['lost', report === undefined ? 'No answer' : `Stale: as of ${age}`];
  if (polling.isPaused) return ['paused', `Paused: as of ${age || 'never'}`];
  if (report === undefined) return ['waiting', 'Loading…'];
  return ['live', `Live, ${clockTime(report.now, clock.now())}`];
}

function showAlarm(now) {
  const alarm = byId('alarm');
  alarm.hidden = fault === undefined;
  setText(alarm, fault === undefined ? '' : alarmWords(now));
}

/** Without words that change each second: it is read out whenever it changes. */
function alarmWords(now) {
  const what =
    fault.status === undefined
      ? `The broker does not answer: ${fault.message}`
      : `The broker answers with a failure: ${fault.message}`;
  const since = clockTime(new Date(fault.since).toISOString(), now);
  const seen =
    reportedAt === undefined
      ? ''
      : ` The data shown is from ${clockTime(new Date(reportedAt).toISOString(), now)}.`;
  return `${what}, since ${since}.${seen} The page tries again every few seconds.`;
}

byId('pause').addEventListener('click', () => {
  polling.isPaused = !polling.isPaused;
  setAttribute(byId('pause'), 'aria-pressed', String(polling.isPaused));
  render();
});
setText(byId('zone'), `Times are in ${timeZone()}.`);
setInterval(() => document.hidden || render(), 1_000);
void polling.refresh();
