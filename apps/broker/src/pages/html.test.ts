import { describe, expect, it } from 'vitest';
import { html, prose } from './html.js';

describe('a template of markup', () => {
  it('makes no markup of a text', () => {
    const text = `"><script>alert('&amp;')</script>`;
    expect(html`<a title="${text}">${text}</a>`.text).toBe(
      `<a title="&quot;&gt;&lt;script&gt;alert('&amp;amp;')&lt;/script&gt;">&quot;&gt;&lt;script&gt;alert('&amp;amp;')&lt;/script&gt;</a>`,
    );
  });

  it('takes markup of its own as it is, one or several', () => {
    const words = ['a', '<b>'].map((text) => html`<i>${text}</i>`);
    expect(html`<p>${words}</p>`.text).toBe('<p><i>a</i><i>&lt;b&gt;</i></p>');
    expect(html`<p>${html`<hr />`}</p>`.text).toBe('<p><hr /></p>');
  });

  it('leaves a backslash a backslash', () => {
    expect(html`<p>${'a\\n'}</p>`.text).toBe('<p>a\\n</p>');
  });
});

describe('prose', () => {
  it('has code where backticks say so', () => {
    expect(html`${prose('ask `GET <path>` again')}`.text).toBe('ask <code>GET &lt;path&gt;</code> again');
  });
});
