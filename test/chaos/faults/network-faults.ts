import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../../packages/stack/src/testing/index.ts';
import { deadAfterMs } from '../../system/audited-stack.ts';
import type { Link } from '../arena.ts';
import { publishingPlace } from '../takeover.ts';
import { injected, missed, type Fault, type Scene } from './fault.ts';
import { noteAbsence } from './process-faults.ts';

const connectedWithinMs = 5_000;
/** So long a loss of the database is a death: the others take over. */
const takesOutMs = 2 * deadAfterMs;

export const cutLink =
  (link: Link): Fault =>
  async (scene, { place: planned, durationMs }) => {
    const place = await placeOf(scene, link, planned);
    const proxy = scene.arena.link(link, place);
    const connections = await eventually(() => proxy.connectionCount || false, {
      what: 'a connection to cut',
      withinMs: connectedWithinMs,
    }).catch(() => 0);
    if (connections === 0) return missed('there was no connection to cut');
    await noteIfTakenOut(scene, link, { place, durationMs });
    proxy.refuse();
    try {
      await delay(durationMs);
    } finally {
      proxy.accept();
    }
    return injected(`${connections} connections reset, new ones refused for ${durationMs} ms`);
  };

export const silenceLink =
  (link: Link): Fault =>
  async (scene, { place: planned, durationMs }) => {
    const place = await placeOf(scene, link, planned);
    const proxy = scene.arena.link(link, place);
    await noteIfTakenOut(scene, link, { place, durationMs });
    const before = proxy.swallowedBytes;
    proxy.pause();
    try {
      await delay(durationMs);
      await carried(() => proxy.swallowedBytes > before);
    } finally {
      proxy.resume();
    }
    const bytes = proxy.swallowedBytes - before;
    return bytes > 0 ? injected(`${bytes} bytes swallowed`) : missed('nothing was sent meanwhile');
  };

export const slowLink =
  (link: Link): Fault =>
  async (scene, { place: planned, durationMs, delayMs }) => {
    const proxy = scene.arena.link(link, await placeOf(scene, link, planned));
    const before = proxy.delayedBytes;
    proxy.slow(delayMs);
    try {
      await delay(durationMs);
      await carried(() => proxy.delayedBytes > before);
    } finally {
      proxy.slow(0);
    }
    const bytes = proxy.delayedBytes - before;
    return bytes > 0 ? injected(`${bytes} bytes came ${delayMs} ms later each`) : missed('nothing was sent meanwhile');
  };

/** A relay without lanes has nothing to say to Kafka, so there the next one that has some is hit. */
async function placeOf({ arena, schedule }: Scene, link: Link, planned: number): Promise<number> {
  return link.to === 'kafka' ? publishingPlace(arena.database, planned, schedule.ledgers) : planned;
}

/** Waits a little longer when nothing was sent so far. */
async function carried(isCarried: () => boolean): Promise<void> {
  await eventually(isCarried, { what: 'bytes on their way', withinMs: connectedWithinMs }).catch(() => {});
}

async function noteIfTakenOut(
  scene: Scene,
  link: Link,
  { place, durationMs }: { place: number; durationMs: number },
): Promise<void> {
  if (link.from === 'relay' && link.to === 'postgres' && durationMs >= takesOutMs) await noteAbsence(scene, place);
}
