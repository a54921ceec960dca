export {
  appendToOutbox,
  headsAre,
  isHeadMoved,
  lockLane,
  lockLanes,
  lockOf,
  type LaneHead,
  type LaneRows,
  type LockedLane,
  type OutboxRow,
} from './append.ts';
export { databaseNowMs } from './clock.ts';
export { Doorbell, doorbellChannel } from './doorbell.ts';
export { isMissingPartition, makePartitions } from './partition.ts';
export { lanesRung } from './doorbell-payload.ts';
export { heldKeys, holdKey, moveHeld, readHeld, readRow, releaseHeld, type HeldKey, type HeldRows } from './held.ts';
export { lagOf, type LaneLag } from './lag.ts';
export { findStrayEvent, readLedgerEvents, type LedgerEvent } from './ledger-events.ts';
export { laneFloors, type LaneFloor } from './lane-floors.ts';
export { laneIds } from './lane.ts';
export { readLedgerLanes, type LedgerLane } from './ledger-names.ts';
export { lanesAhead, type LaneAhead } from './lanes-ahead.ts';
export {
  announceMembership,
  beat,
  forgetDeadRelays,
  handOver,
  joinRelays,
  leaveRelays,
  livingRelays,
  membershipChannel,
  type LivingRelay,
  type Membership,
} from './membership.ts';
export {
  decideParked,
  listParked,
  notePassedHalts,
  notePublished,
  parkRow,
  passedRowsToRetry,
  poisonPolicies,
  rowsSetAside,
  type Decision,
  type ParkedRow,
  type ParkedState,
  type PoisonPolicy,
  type PublishedRows,
} from './parked.ts';
export { endPause, keepPaused, listPauses, pausedLedgers, setPause, type Pause, type PauseTarget } from './pause.ts';
export { partitionBounds, type PartitionBounds } from './partition-bounds.ts';
export { appendPositions, latestPositions, prunePositions, type Position } from './position.ts';
export { readNext, type LaneCursor, type ReadLimits, type StoredRow } from './read.ts';
export { setAsideByLane, setAsideCounts, type SetAsideCounts } from './set-aside-counts.ts';
export { readRowFacts, type RowFacts } from './row-facts.ts';
export { readHeldFacts, readParkedFacts, type HeldFacts, type ParkedFacts } from './set-aside.ts';
export { lanesOfLedgers, lastStatedAtMs, ledgerHeads, rowsAround, type RowIdentity } from './takeover.ts';
export {
  cancelReplay,
  createReplay,
  findReplay,
  listReplays,
  resumeReplay,
  type Replay,
  type ReplayCreation,
  type ReplayDecision,
  type ReplayOrder,
  type ReplayState,
} from './replay.ts';
export { readReplayPage, type ReplayLimits, type ReplayPage } from './replay-page.ts';
export {
  failReplay,
  finishReplay,
  noteReplayError,
  replayLanes,
  runningReplays,
  saveReplayProgress,
  type ReplayLane,
  type ReplayProgress,
  type RunningReplay,
} from './replay-run.ts';
export {
  dropOldPartitions,
  keptReasons,
  type KeptPartition,
  type KeptReason,
  type OldPartition,
  type RetentionRound,
} from './retention.ts';
export { waitingLanes } from './waiting-lanes.ts';
