import { byId, setText } from './element.js';

/** Shows who is logged in, and hides what the role is not for. */
export function showOperator(operator) {
  byId('operator').hidden = operator === undefined;
  setText(byId('operator'), operator === undefined ? '' : `${operator.name} (${operator.role})`);
  byId('logout').hidden = operator?.by !== 'oidc';
  document.body.classList.toggle('read-only', operator !== undefined && operator.role !== 'operator');
}

/** When the session has ended, the page is loaded again, which leads to the log-in. */
export function onSessionEnd({ status }) {
  if (status === 401) location.reload();
}
