/** How many partitions and replicas a new topic gets; -1 leaves the choice to the broker. */
export interface TopicSize {
  readonly partitions: number;
  readonly replication: number;
}

/** Questions about a cluster and its topics, over one connection. Thrown away after any failure that is not about a topic. */
export interface TopicAdmin {
  /** Asks the cluster anything at all. */
  ping(): Promise<void>;
  /** The number of partitions; 0 when the cluster tells of none. Rejects with an error for which `isMissingTopic` holds. */
  countPartitions(topic: string): Promise<number>;
  /** Resolves once the partitions have leaders; to false when someone else was first. */
  createTopic(topic: string, size: TopicSize): Promise<boolean>;
  /** Never rejects. */
  close(): Promise<void>;
}
