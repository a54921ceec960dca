import { UrlTargets } from '../http/url-targets.ts';
import { shownTarget, TopicMappingError, topicNames, type TargetRule } from '../topic-mapping.ts';

/**
 * What a mapping of a replay may aim at: topics or URLs, whichever the relays publish to, which whoever orders one need not know. It is
 * stored and shown, so credentials have no place in it; a host of the relays' own mapping gets those that it has there.
 */
export const replayTargets: TargetRule = {
  takesTypes: true,
  read(target) {
    if (!/^https?:/i.test(target)) return topicNames.read(target);
    const urls = new UrlTargets();
    const topic = urls.read(target);
    if (urls.origins.some((origin) => urls.authorizationOf(origin) !== undefined)) {
      const advice = 'credentials are taken from the PUBLISHER_TOPIC_MAPPING of the relays';
      throw new TopicMappingError(`names an illegal URL, ${shownTarget(target)}: ${advice}`);
    }
    return topic;
  },
};
