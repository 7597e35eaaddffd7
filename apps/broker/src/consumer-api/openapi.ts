import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { parse } from 'yaml';
import { ActiveSettings } from '../core/active-settings.js';
import { VERSION } from '../core/broker-options.js';
import { ConsumerApiDocument, type OpenApiDocument } from '../core/openapi-document.js';

/** `openapi.yaml` beside this file, with the version of this build and the address of the active settings. */
@Injectable()
export class OpenApiFile extends ConsumerApiDocument {
  #template: string | undefined;
  #filledIn: { address: string; document: OpenApiDocument } | undefined;

  constructor(
    private readonly settings: ActiveSettings,
    @Inject(VERSION) private readonly version: string,
  ) {
    super();
  }

  override get current(): OpenApiDocument {
    const address = this.#address;
    if (this.#filledIn?.address !== address) {
      this.#filledIn = {
        address,
        document: this.#fillIn({ '{server}': address, '{version}': this.version }),
      };
    }
    return this.#filledIn.document;
  }

  /** Where consumers reach the broker. */
  get #address(): string {
    const { publicUrl, listen } = this.settings.active.settings;
    return publicUrl?.replace(/\/$/, '') ?? `${listen.tls ? 'https' : 'http'}://localhost:${listen.port}`;
  }

  #fillIn(values: Readonly<Record<string, string>>): OpenApiDocument {
    this.#template ??= readFileSync(new URL('./openapi.yaml', import.meta.url), 'utf8');
    const filled = (value: unknown) =>
      typeof value === 'string'
        ? value.replaceAll(/\{server\}|\{version\}/g, (placeholder) => values[placeholder]!)
        : value;
    const options = { merge: true, maxAliasCount: -1 };
    return parse(this.#template, (_key, value: unknown) => filled(value), options) as OpenApiDocument;
  }
}
