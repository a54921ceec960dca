import { existsSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { repository, type RepositoryFile } from './repository.ts';

/** Every link of a Markdown page to a file, or a heading, that is not there. Links to other sites are not followed. */
export function brokenLinks(page: RepositoryFile, pages: readonly RepositoryFile[]): readonly string[] {
  return linksOf(page.text)
    .filter((link) => !/^[a-z][a-z+.-]*:/.test(link))
    .filter((link) => !leadsSomewhere(link, page, pages))
    .map((link) => `${page.path} links to ${link}`);
}

function leadsSomewhere(link: string, page: RepositoryFile, pages: readonly RepositoryFile[]): boolean {
  const [file = '', heading] = link.split('#');
  const path = file === '' ? page.path : posix.join(posix.dirname(page.path), decodeURIComponent(file));
  if (path.startsWith('..')) return false;
  if (heading === undefined) return existsSync(join(repository, path));
  const target = pages.find((candidate) => candidate.path === path);
  if (target !== undefined) return anchorsOf(target.text).has(heading);
  const line = /^L(?<line>\d+)(?:-L\d+)?$/.exec(heading);
  return line !== null && existsSync(join(repository, path)) && statSync(join(repository, path)).isFile();
}

function linksOf(text: string): readonly string[] {
  const prose = withoutCode(text);
  const links = [/\]\(\s*<?(?<link>[^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, /^\[[^\]]+\]:\s*<?(?<link>\S+?)>?\s*$/gm];
  return links.flatMap((pattern) => [...prose.matchAll(pattern)].map((match) => match.groups?.['link'] ?? ''));
}

/** What GitHub makes of headings: small letters, no punctuation, hyphens for spaces, a number for repeats. */
function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const anchors = [...withoutFences(text).matchAll(/^#{1,6}\s+(?<title>.+?)\s*#*$/gm)].map((match) => {
    const anchor = (match.groups?.['title'] ?? '')
      .replaceAll(/\[(?<label>[^\]]*)\]\([^)]*\)/g, '$<label>')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  return new Set(anchors);
}

function withoutCode(text: string): string {
  return withoutFences(text).replaceAll(/`[^`\n]*`/g, '');
}

function withoutFences(text: string): string {
  return text.replaceAll(/^(?<fence>```+|~~~+)[\s\S]*?^\k<fence>\s*$/gm, '');
}
