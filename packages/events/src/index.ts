export type { Json } from './json.ts';
export type { Event, EventFormat, EventType } from './event.ts';
