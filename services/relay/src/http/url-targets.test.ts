import { describe, expect, it } from 'vitest';
import { readTopicMapping, TopicMappingError } from '../topic-mapping.ts';
import { hasDotSegment, UrlTargets } from './url-targets.ts';

const taken: readonly { readonly target: string; readonly topic: string }[] = [
  { target: 'http://host:8080', topic: 'http://host:8080/' },
  { target: 'https://Host:443/events', topic: 'https://host/events' },
  { target: 'http://[::1]:8080/events', topic: 'http://[::1]:8080/events' },
  { target: 'http://host/{ledger}/{type}', topic: 'http://host/books/SAVED_METADATA' },
  { target: 'http://host?ledger={ledger}', topic: 'http://host/?ledger=books' },
  { target: 'http://user:p%40ss@host/events', topic: 'http://host/events' },
];

const refused: readonly { readonly target: string; readonly says: RegExp }[] = [
  { target: '', says: /must begin with http:\/\/ or https:\/\// },
  { target: 'default', says: /must begin with http:\/\/ or https:\/\// },
  { target: 'ftp://host/', says: /must begin with http:\/\/ or https:\/\// },
  { target: 'http://', says: /host or port is not valid/ },
  { target: 'http://host:99999/', says: /host or port is not valid/ },
  { target: 'http://host/#part', says: /fragment/ },
  { target: 'http://{ledger}.host/', says: /placeholders belong in its path or query/ },
  { target: 'http://host/{lane}', says: /placeholders are \{ledger\} and \{type\}/ },
  { target: 'http://host/é', says: /not ASCII/ },
  { target: 'http://host/a/../b', says: /\. or \.\./ },
  { target: 'http://host/a/%2E%2e', says: /\. or \.\./ },
  { target: `http://host/${'x'.repeat(1_950)}{ledger}`, says: /2025 characters long, and 2000 are allowed/ },
  { target: 'http://user@host/', says: /USER:PASSWORD/ },
  { target: 'http://user:%zz@host/', says: /USER:PASSWORD/ },
];

describe('a target that is a URL', () => {
  it.each(taken)('$target becomes the topic $topic', ({ target, topic }) => {
    const mapping = readTopicMapping([`*:${target}`], 'skip', new UrlTargets());
    expect(mapping.topicOf('SAVED_METADATA', 'books')).toBe(topic);
  });

  it.each(refused)('is refused: $target', ({ target, says }) => {
    expect(() => new UrlTargets().read(target)).toThrow(TopicMappingError);
    expect(() => new UrlTargets().read(target)).toThrow(says);
  });

  it('keeps its credentials apart, by origin', () => {
    const urls = new UrlTargets();
    urls.read('http://us%C3%A9r:p%40ss@host:8080/events');
    urls.read('https://host/events');
    expect(urls.origins).toEqual(['http://host:8080', 'https://host']);
    const basic = `Basic ${Buffer.from('usér:p@ss').toString('base64')}`;
    expect(urls.authorizationOf('http://host:8080')).toBe(basic);
    expect(urls.authorizationOf('https://host')).toBeUndefined();
  });

  it('cannot give other credentials for an origin, and shows none of them', () => {
    const urls = new UrlTargets();
    urls.read('http://user:hush@host/one');
    expect(() => urls.read('http://user:secret@host/other')).toThrow(
      /"http:\/\/\*\*\*@host\/other": .*for http:\/\/host/,
    );
    expect(() => urls.read('http://host/other')).toThrow(TopicMappingError);
  });
});

describe('types without an entry', () => {
  it('cannot go to topics named like types, which are no URLs', () => {
    const read = (entries: readonly string[]) => readTopicMapping(entries, 'type', new UrlTargets());
    expect(() => read(['SAVED_METADATA:http://host/'])).toThrow(/has no entry for \*/);
    expect(() => read([])).toThrow(/has no entry for \*/);
    expect(read(['*:http://host/']).fixedTopics).toEqual(['http://host/']);
  });
});

describe('a URL in which a ledger has a name of dots only', () => {
  it.each([
    { url: 'http://host/../events', expected: true },
    { url: 'http://host/./events', expected: true },
    { url: 'http://host/..', expected: true },
    { url: 'http://host/..?a=b', expected: true },
    { url: 'http://host/a..b/...', expected: false },
    { url: 'http://host/?ledger=..', expected: false },
  ])('$url: $expected', ({ url, expected }) => {
    expect(hasDotSegment(url)).toBe(expected);
  });
});
