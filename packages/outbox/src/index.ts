export { appendToOutbox, lockLane, type LaneHead, type LockedLane, type OutboxRow } from './append.ts';
export { Doorbell, doorbellChannel } from './doorbell.ts';
export { isMissingPartition, makePartitions } from './partition.ts';
export { lanesRung } from './doorbell-payload.ts';
export { lagOf, type LaneLag } from './lag.ts';
export { laneIds } from './lane.ts';
export {
  announceMembership,
  beat,
  forgetDeadRelays,
  joinRelays,
  leaveRelays,
  livingRelays,
  membershipChannel,
  type Membership,
} from './membership.ts';
export { appendPositions, latestPositions, prunePositions, type Position } from './position.ts';
export { readNext, type LaneCursor, type ReadLimits, type StoredRow } from './read.ts';
export { waitingLanes } from './waiting-lanes.ts';
