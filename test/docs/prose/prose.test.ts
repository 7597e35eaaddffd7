import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TextlintKernel, type TextlintPluginCreator, type TextlintRuleModule } from '@textlint/kernel';
import { describe, expect, it } from 'vitest';
import { glossary } from './glossary.js';
import { messages, pages, type Text } from './texts.js';

/** CommonJS, whose defaults bundlers and Node.js read in different ways. */
const require = createRequire(import.meta.url);
const required = <T>(name: string) => (require(name) as { default: T }).default;
const markdown = required<TextlintPluginCreator>('@textlint/textlint-plugin-markdown');
const plainText = required<TextlintPluginCreator>('@textlint/textlint-plugin-text');
const terminology = required<TextlintRuleModule>('textlint-rule-terminology');

const kernel = new TextlintKernel();
const terms = glossary.map(([pattern, instead]) => [pattern, `(${instead})`]);

async function findings({ where, text, extension }: Text): Promise<string[]> {
  const { messages: found } = await kernel.lintText(text, {
    ext: extension,
    filePath: where,
    plugins: [
      { pluginId: 'markdown', plugin: markdown },
      { pluginId: 'text', plugin: plainText },
    ],
    rules: [{ ruleId: 'terminology', rule: terminology, options: { defaultTerms: false, terms } }],
  });
  return found.map(({ line, message }) => `${where}:${extension === '.md' ? line : ''} ${message}`);
}

describe('the words of people who read', () => {
  it('are those of the glossary, on all pages', async () => {
    expect((await Promise.all(pages.map(findings))).flat()).toEqual([]);
  });

  it('are those of the glossary, in messages, alerts, help and descriptions', async () => {
    expect(messages.length).toBeGreaterThan(100);
    expect((await Promise.all(messages.map(findings))).flat()).toEqual([]);
  });

  it('are held against each entry of the glossary', async () => {
    const sentences = ['It is told.', 'Somebody goes on.', 'Tokens are handed out at the most once.'];
    const text = sentences.join('\n\n');
    expect(await findings({ where: 'example.md', text, extension: '.md' })).toHaveLength(5);
    expect(await findings({ where: 'example.txt', text, extension: '.txt' })).toHaveLength(5);
    expect(await findings({ where: 'example.md', text: '`told` is code.', extension: '.md' })).toEqual([]);
  });

  it('are explained in CONTRIBUTING.md, entry by entry', () => {
    const style = readFileSync(join(import.meta.dirname, '../../../CONTRIBUTING.md'), 'utf8');
    expect(glossary.map(([, instead]) => instead).filter((instead) => !style.includes(instead))).toEqual([]);
  });
});
