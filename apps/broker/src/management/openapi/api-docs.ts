import { apiDocument } from './api-document.js';
import { docsPage } from './docs-page.js';
import type { OpenApiDocument } from './openapi.js';

/** The document of the consumers' side and its page, made anew when consumers reach the broker elsewhere. */
export class ApiDocs {
  #made: { server: string; document: OpenApiDocument; page: string } | undefined;

  /** @param server where consumers reach the broker, in the settings now in force */
  constructor(
    private readonly server: () => string,
    private readonly version: string,
  ) {}

  get document(): OpenApiDocument {
    return this.#current().document;
  }

  get page(): string {
    return this.#current().page;
  }

  #current() {
    const server = this.server();
    if (this.#made?.server !== server) {
      const document = apiDocument(server, this.version);
      this.#made = { server, document, page: docsPage(document) };
    }
    return this.#made;
  }
}
