import { copyButton } from './copy.js';
import { element, setText } from './element.js';

/** Of a token that is shown: enough to recognize it. */
const shownCharacters = 12;

/** A form that requests a token with a key which is kept in the form only: no storage, no address, no other host. */
const key = field('API key or workload JWT', { type: 'password', autocomplete: 'off', required: '' });
const client = field('Client', { placeholder: 'the only one' });
const scopes = field('Scopes', { placeholder: 'all that are allowed' });
const outcome = element('pre', { role: 'status', hidden: '' });
let accessToken = '';
const copy = copyButton('Copy token', () => accessToken);
copy.hidden = true;

const form = element(
  'form',
  { class: 'try' },
  key.label,
  client.label,
  scopes.label,
  element('button', { class: 'strong', type: 'submit' }, 'Request a token'),
);
document
  .querySelector('#credentials')
  .closest('section')
  .after(
    element(
      'section',
      { 'aria-labelledby': 'try' },
      element('h2', { id: 'try' }, 'Try it'),
      element(
        'p',
        {},
        'The key stays in this page: it is sent to this broker only, and is gone when the page is closed.',
      ),
      form,
      outcome,
      copy,
    ),
  );

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const query = new URLSearchParams();
  if (client.input.value !== '') query.set('client', client.input.value);
  if (scopes.input.value !== '') query.set('scopes', scopes.input.value);
  const words = await responseTo(`token?${query}`, key.input.value).catch(
    (error) => `The broker does not answer: ${error.message}`,
  );
  outcome.hidden = false;
  setText(outcome, words);
  copy.hidden = accessToken === '';
});

async function responseTo(url, credential) {
  const headers = { authorization: `Bearer ${credential.trim()}` };
  const response = await fetch(url, { headers, cache: 'no-store' });
  const body = await response.json();
  accessToken = body.access_token ?? '';
  const shown =
    accessToken === '' ? body : { ...body, access_token: `${accessToken.slice(0, shownCharacters)}…` };
  return `HTTP ${response.status}\n${JSON.stringify(shown, undefined, 2)}`;
}

function field(name, attributes) {
  const input = element('input', { spellcheck: 'false', ...attributes });
  return { input, label: element('label', {}, name, input) };
}
