import { Agent, request } from 'node:http';

export interface Question {
  /** Path and query. */
  path: string;
  authorization: string;
}

/** Asks each of them once, some at a time. @throws Error when one is not answered with a token */
export async function askAll(url: string, questions: readonly Question[]): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const left = questions[Symbol.iterator]();
  const caller = async () => {
    for (const { path, authorization } of left) {
      const status = await statusOf(`${url}${path}`, authorization, agent);
      if (status !== 200) throw new Error(`${path}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 32 }, caller));
  agent.destroy();
}

function statusOf(url: string, authorization: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { authorization } }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end();
  });
}
