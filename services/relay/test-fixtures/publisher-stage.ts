import type { OutgoingRecord, Publisher } from '../src/publisher.ts';

/** So many bytes of a value are taken by every topic of a stage; a longer value is refused for what it is, alone. */
export const stageValueBytesMax = 5_000;

/** What a destination has stored. */
export interface StagedRecord extends Pick<OutgoingRecord, 'key' | 'value'> {
  readonly id: string;
}

/** A publisher's destination that can be told to misbehave. */
export interface PublisherStage {
  openTopic(): Promise<string>;
  /** A topic that refuses whatever it is given, until it is mended. */
  openFaultyTopic(): Promise<string>;
  mend(topic: string): Promise<void>;
  createPublisher(options: { readonly sendTimeoutMs: number }): Publisher;
  /** All that a topic holds; records of one key in the order in which they were stored. */
  stored(topic: string): Promise<readonly StagedRecord[]>;
  /** Ends all service at once, in the middle of whatever is under way. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** Answers nothing, and keeps connections open. */
  hang(): Promise<void>;
  goOn(): Promise<void>;
}
