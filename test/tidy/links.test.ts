import { expect, test } from 'vitest';
import { brokenLinks } from './broken-links.ts';
import { readFiles } from './repository.ts';

test('links between pages, files and headings of the repository lead somewhere', () => {
  const pages = readFiles(['**/*.md', '.github/**/*.md']);
  expect(pages.length).toBeGreaterThan(5);
  expect(pages.flatMap((page) => brokenLinks(page, pages))).toEqual([]);
});

test('a link that leads nowhere is found', () => {
  const text = [
    '# A page: its `name`',
    '[itself](#a-page-its-name), [elsewhere](https://example.com/none), [licence](../LICENSE "text"), [folder](adr)',
    '[no file](none.md) and [no heading](#none) and [outside](../../none.md)',
    '`[code](code.md)`',
    '```md',
    '[fence](fence.md)',
    '```',
    '[reference]: reference.md',
  ].join('\n');
  const page = { path: 'docs/page.md', text };
  expect(brokenLinks(page, [page])).toEqual([
    'docs/page.md links to none.md',
    'docs/page.md links to #none',
    'docs/page.md links to ../../none.md',
    'docs/page.md links to reference.md',
  ]);
});
