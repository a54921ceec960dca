export {
  bigintArray,
  booleanArray,
  jsonbArray,
  numericArray,
  smallintArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './array-parameter.ts';
export {
  commitPipeline,
  transactionPipeline,
  type CommitOutcome,
  type Parameter,
  type Statement,
} from './commit-pipeline.ts';
export { Listener } from './listener.ts';
export { createPool, type Pool, type PoolClient, type QueryResult, type PoolOptions } from './pool.ts';
export { sqlstateOf, classify, constraintOf, type FailureClass } from './sqlstate.ts';
export { onSnapshot, type Snapshot } from './snapshot.ts';
export { inTransaction } from './transaction.ts';
