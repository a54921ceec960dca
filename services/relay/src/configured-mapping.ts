import type { RelaySettings } from './config.ts';
import { UrlTargets } from './http/url-targets.ts';
import { readTopicMapping, type TopicMapping } from './topic-mapping.ts';

/**
 * The topic mapping of the settings, with URLs as targets when they choose the HTTP publisher.
 *
 * @throws TopicMappingError as `readTopicMapping` does
 */
export function configuredMapping(values: Pick<RelaySettings, 'topicMapping' | 'unmapped' | 'httpEnabled'>): {
  readonly mapping: TopicMapping;
  /** Undefined when topics are Kafka's. */
  readonly urls: UrlTargets | undefined;
} {
  const urls = values.httpEnabled ? new UrlTargets() : undefined;
  return { mapping: readTopicMapping(values.topicMapping, values.unmapped, urls), urls };
}
