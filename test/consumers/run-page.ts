import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConsumerScene } from './consumer-scene.js';
import { programsOf } from './page-programs.js';

/** How the programs of one language are run. */
export interface Language {
  /** As the fences have it. */
  name: string;
  /** Puts what they need into the scene's folder. */
  prepare?(scene: ConsumerScene): void;
  /** @returns what the program prints */
  run(code: string, scene: ConsumerScene): Promise<string>;
}

/**
 * Runs each program of a page: it prints what the page says. It finds a token at the broker, which the API refuses when
 * the program stands under the heading "At a 401": this one costs one new token.
 */
export function runPage(page: string, { name, prepare, run }: Language): void {
  describe(`the programs of docs/${page}`, { timeout: 120_000 }, () => {
    const programs = programsOf(page, name);
    let scene: ConsumerScene;

    beforeAll(async () => {
      scene = await ConsumerScene.start();
      prepare?.(scene);
    });
    afterAll(() => scene?.stop());

    it.each(programs)('under "$heading" print what the page says', async ({ heading, code, prints }) => {
      expect(prints).not.toBe('');
      const isRefused = heading === 'At a 401';
      await scene.haveToken();
      if (isRefused) scene.refuseToken();
      scene.server.reset();

      expect(await run(code, scene)).toBe(prints);

      expect(scene.server.counts.total).toBe(isRefused ? 1 : 0);
    });

    it('are there, and one of them recovers from a 401', () => {
      expect(programs.map(({ heading }) => heading)).toContain('At a 401');
      expect(programs.length).toBeGreaterThan(1);
    });
  });
}
