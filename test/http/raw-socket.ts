import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: string;
}

/** Milliseconds that an answer may take. */
const patience = 5_000;

/** Opens a bare TCP connection to the host of a URL. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/**
 * Sends bytes that no well-behaved client would send.
 * @returns the first final answer, or undefined when the connection ends without one
 */
export async function exchangeRaw(url: string, bytes: string | Buffer): Promise<RawAnswer | undefined> {
  const socket = await openSocket(url);
  socket.setTimeout(patience, () => socket.destroy(new Error('no answer in time')));
  try {
    socket.write(bytes);
    return await firstAnswer(socket, Buffer.from(bytes).toString('latin1', 0, 4) === 'HEAD');
  } finally {
    socket.destroy();
  }
}

async function firstAnswer(socket: Socket, bodiless: boolean): Promise<RawAnswer | undefined> {
  let text = '';
  try {
    for await (const chunk of socket) {
      text += (chunk as Buffer).toString('latin1');
      const answer = parsed(text, bodiless);
      if (answer !== undefined) return answer;
    }
  } catch (error) {
    // A server that has said all resets the connection when more comes in.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
  return undefined;
}

/** Undefined as long as the answer is not complete. */
function parsed(text: string, bodiless: boolean): RawAnswer | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const rest = text.slice(end + 4);
  const status = Number(statusLine.split(' ')[1]);
  if (status < 200) return parsed(rest, bodiless);
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const length = bodiless ? 0 : Number(headers.get('content-length') ?? 0);
  return rest.length < length ? undefined : { status, headers, body: rest.slice(0, length) };
}
