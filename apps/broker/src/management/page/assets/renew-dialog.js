import { byId, setText } from './element.js';

const dialog = byId('renew');

/**
 * Asks before a token is renewed. The focus returns to where it came from.
 * @returns {Promise<boolean>} whether the operator wants it
 */
export function askToRenew({ client, scopes, resources, authorizationDetails = [] }, budget) {
  setText(byId('renew-client'), client);
  setText(byId('renew-scopes'), scopes.join(' ') || 'none');
  byId('renew-resources-line').hidden = resources.length === 0;
  setText(byId('renew-resources'), resources.join(' '));
  byId('renew-details-line').hidden = authorizationDetails.length === 0;
  const details = authorizationDetails.map((detail) => JSON.stringify(detail));
  setText(byId('renew-details'), details.join(' '));
  setText(byId('renew-cost'), costOf(budget));
  dialog.returnValue = 'cancel';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'renew'), { once: true });
  });
}

function costOf(budget) {
  const cost = 'It costs one token request';
  if (budget === undefined) return `${cost}.`;
  return `${cost}: ${budget.used} of ${budget.perMinute} were used in the last minute.`;
}
