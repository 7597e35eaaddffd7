import { randomBytes } from 'node:crypto';
import type { Tracer } from '@opentelemetry/api';
import type { DestinationStream, Logger } from 'pino';
import type { SettingsFile } from '../settings/settings-file.js';
import type { InjectionKey } from './factory.js';

export interface LogOutput extends DestinationStream {
  /** Lines that could not be written. */
  readonly droppedLines?: number;
}

/** What a process gives to the broker in it. */
export interface BrokerOptions {
  file: SettingsFile;
  log: Logger;
  /** Where the lines of the log go. */
  output: LogOutput;
  /** Semantic version of this build. */
  version: string;
}

/** Injection tokens of what is no class. */
export const LOG: InjectionKey<Logger> = Symbol('log');
export const LOG_OUTPUT: InjectionKey<LogOutput> = Symbol('log output');
export const VERSION: InjectionKey<string> = Symbol('version');
export const REPLICA_NAME: InjectionKey<string> = Symbol('replica name');
/** The tracer of an OpenTelemetry SDK; undefined without one. */
export const TRACER: InjectionKey<Tracer | undefined> = Symbol('tracer');

const hostName = /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/;

/** What this replica is called: its host's name, which in Kubernetes is that of the pod, or else a random one. */
export function replicaName(hostname: string | undefined): string {
  if (hostname !== undefined && hostName.test(hostname)) return hostname;
  return `replica-${randomBytes(4).toString('hex')}`;
}
