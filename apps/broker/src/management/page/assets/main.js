import { Choice } from './choice.js';
import { byId, setAttribute, setText } from './element.js';
import { Overview } from './overview.js';
import { Polling } from './polling.js';
import { Renewals } from './renewal.js';
import { ServerClock } from './server-clock.js';
import { TokenList } from './token-list.js';
import { findTokens } from './token-search.js';
import { clockTime, fromNow } from './words.js';

const clock = new ServerClock();
const idOf = (client) => `client-${encodeURIComponent(client)}`;
const overview = new Overview(idOf);
const renewals = new Renewals(clock, render, showRenewed);
const list = new TokenList(renewals, idOf);
const choice = new Choice(() => polling.refresh());
const polling = new Polling(load);

/** The last answer of the broker, when it came, and what has gone wrong since. */
let report;
let reportedAt;
let fault;

async function load(signal) {
  try {
    const answer = await findTokens(choice, signal);
    if (signal.aborted) return;
    clock.set(answer.now);
    [report, reportedAt, fault] = [answer, clock.now(), undefined];
  } catch (error) {
    if (signal.aborted) return;
    fault = { message: error.message, status: error.status, since: fault?.since ?? clock.now() };
  }
  render();
}

/** The answer to a renewal is newer than the last report. */
function showRenewed(token) {
  report = { ...report, tokens: report.tokens.map((before) => (before.id === token.id ? token : before)) };
  void polling.refresh();
}

function render() {
  const now = clock.now();
  showFeed(now);
  showAlarm(now);
  document.body.classList.toggle('stale', fault !== undefined);
  if (report === undefined) return;
  overview.update(report, now);
  choice.update(report);
  list.update(report, now, choice);
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
  if (report === undefined) return ['waiting', 'Asking the broker…'];
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
      : ` What you see is as of ${clockTime(new Date(reportedAt).toISOString(), now)}.`;
  return `${what}, since ${since}.${seen} It is asked again every few seconds.`;
}

byId('pause').addEventListener('click', () => {
  polling.isPaused = !polling.isPaused;
  setAttribute(byId('pause'), 'aria-pressed', String(polling.isPaused));
  render();
});
setInterval(() => document.hidden || render(), 1_000);
void polling.refresh();
