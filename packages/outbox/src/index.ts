export { appendToOutbox, lockLane, type LaneHead, type LockedLane, type OutboxRow } from './append.ts';
export { Doorbell, doorbellChannel } from './doorbell.ts';
export { isMissingPartition, makePartitions } from './partition.ts';
