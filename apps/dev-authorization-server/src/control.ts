import type { IncomingMessage } from 'node:http';
import { type Answer, emptyAnswer, jsonAnswer } from './answer.js';
import { type Actions, parseControlMessage } from './control-message.js';
import type { Misbehaviour } from './misbehaviour.js';
import { readBody } from './read-body.js';
import type { TokenRequestCounts } from './token-request-counter.js';

/** What can be had of the server for the asking. */
export interface Controlled {
  readonly counts: TokenRequestCounts;
  readonly misbehaviours: readonly Misbehaviour[];
  readonly isHeld: boolean;
  misbehave(misbehaviour: Misbehaviour): void;
  hold(): void;
  release(): void;
  reset(): void;
  revoke(tokenOrJti: string): void;
  revokeAll(): void;
  replaceSecrets(clientId: string, secrets: readonly string[]): void;
  rotateSigningKey(): Promise<void>;
}

const sizeLimit = 16 * 1024 * 1024;

/** The endpoint `/control`: anybody who reaches it rules the server. */
export async function controlAnswer(request: IncomingMessage, server: Controlled): Promise<Answer> {
  if (request.method === 'DELETE') server.reset();
  if (request.method === 'POST') return command(request, server);
  return stateOf(server);
}

async function command(request: IncomingMessage, server: Controlled): Promise<Answer> {
  // A page in the newcomer's browser cannot send this type across origins without asking first.
  if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') return emptyAnswer(415);
  const body = await readBody(request, sizeLimit);
  try {
    const { misbehaviour, actions } = parseControlMessage(body.toString('utf8'));
    await act(actions, server);
    if (Object.keys(misbehaviour).length > 0) server.misbehave(misbehaviour);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return jsonAnswer(400, { error: error.message });
  }
  return stateOf(server);
}

async function act(actions: Actions, server: Controlled): Promise<void> {
  for (const [clientId, secrets] of Object.entries(actions.secrets ?? {})) {
    server.replaceSecrets(clientId, secrets);
  }
  if (actions.revoke === 'all') server.revokeAll();
  else if (actions.revoke !== undefined) server.revoke(actions.revoke);
  if (actions.rotateSigningKey) await server.rotateSigningKey();
  if (actions.hold === true) server.hold();
  if (actions.hold === false) server.release();
}

function stateOf({ isHeld, misbehaviours, counts }: Controlled): Answer {
  return jsonAnswer(200, { held: isHeld, misbehaviours, counts });
}
