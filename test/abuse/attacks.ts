import { connect } from 'node:net';
import { Connections } from './connections.js';
import type { Attack, Target } from './served-consumer.js';

const host = 'Host: broker.example\r\n';
const post = (path: string, key: string, lines: string) =>
  `POST ${path} HTTP/1.1\r\n${host}Authorization: Bearer ${key}\r\nContent-Type: application/json\r\n${lines}\r\n`;

/** Connections that each begin a request and never come to its end. */
export async function slowHeaders({ url }: Target, count = 500): Promise<Connections> {
  const connections = await Connections.open(url, count);
  connections.write(`GET /token HTTP/1.1\r\n${host}X-Slow: `);
  connections.drip('x', 500);
  return connections;
}

export async function slowBodies({ url, key }: Target, count = 500): Promise<Connections> {
  const connections = await Connections.open(url, count);
  connections.write(post('/token/rejected', key, 'Content-Length: 16000\r\n'));
  connections.drip(' ', 500);
  return connections;
}

/** Ten requests in one go, again and again, of whose answers not one is read. */
async function unreadAnswers({ url, key }: Target): Promise<Connections> {
  const connections = await Connections.open(url, 5);
  connections.pause();
  connections.drip(`GET /token HTTP/1.1\r\n${host}Authorization: Bearer ${key}\r\n\r\n`.repeat(10), 50);
  return connections;
}

/** Sends the bytes over new connections, so many a second. It has ended when all of them have been answered. */
function repeated({ url }: Target, bytes: Buffer | string, perSecond: number) {
  const { hostname, port } = new URL(url);
  const under: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    const socket = connect(Number(port), hostname, () => void socket.write(bytes));
    socket.on('error', () => {}).once('data', () => socket.destroy());
    under.push(new Promise((resolve) => socket.once('close', resolve)));
  }, 1_000 / perSecond);
  const end = async () => {
    clearInterval(timer);
    await Promise.all(under);
  };
  return { end };
}

const inHead = (lines: string) => `GET /token HTTP/1.1\r\n${host}${lines}\r\n\r\n`;
const bombs = {
  long: inHead(`X-Bomb: ${'x'.repeat(200_000)}`),
  many: inHead(Array.from({ length: 1_500 }, (_, n) => `X${n}: x`).join('\r\n')),
};
const form = 'a&'.repeat(8_000);
const forms = `POST /oauth2/token HTTP/1.1\r\n${host}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`;
const mebibyte = Buffer.alloc(1024 * 1024, 'x');

const huge = (key: string) =>
  Buffer.concat([
    Buffer.from(post('/token/rejected', key, `Content-Length: ${mebibyte.length}\r\n`)),
    mebibyte,
  ]);

/** @param idle how many connections there may be at once */
export function attacks(idle: number): Attack[] {
  return [
    { name: '500 connections with slow headers', begin: (target) => slowHeaders(target) },
    { name: '500 connections with slow bodies', begin: (target) => slowBodies(target) },
    { name: `${idle} idle connections`, begin: ({ url }) => Connections.open(url, idle) },
    { name: 'pipelined requests whose answers nobody reads', begin: unreadAnswers },
    { name: 'header bombs of 200 KB', begin: async (target) => repeated(target, bombs.long, 50) },
    { name: 'header bombs of 1,500 lines', begin: async (target) => repeated(target, bombs.many, 50) },
    { name: 'forms of 8,000 parameters', begin: async (target) => repeated(target, forms, 20) },
    { name: 'huge bodies', begin: async (target) => repeated(target, huge(target.key), 20) },
  ];
}
