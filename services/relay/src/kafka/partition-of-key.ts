/**
 * The partition that Java's default partitioner gives a key, so that a topic may be fed by both and a consumer may compute it: murmur2
 * over the key's UTF-8 bytes, the sign bit masked off, modulo the number of partitions (org.apache.kafka.common.utils.Utils).
 */
export function partitionOfKey(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** 32-bit murmur2 with Kafka's seed, as a signed integer like Java's. */
export function murmur2(bytes: Uint8Array): number {
  const multiplier = 0x5bd1e995;
  const length = bytes.length;
  const blocksEnd = length - (length % 4);
  let hash = 0x9747b28c ^ length;
  for (let i = 0; i < blocksEnd; i += 4) {
    let block =
      byteAt(bytes, i) | (byteAt(bytes, i + 1) << 8) | (byteAt(bytes, i + 2) << 16) | (byteAt(bytes, i + 3) << 24);
    block = Math.imul(block, multiplier);
    block ^= block >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(block, multiplier);
  }
  const rest = length - blocksEnd;
  if (rest === 3) hash ^= byteAt(bytes, blocksEnd + 2) << 16;
  if (rest >= 2) hash ^= byteAt(bytes, blocksEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, blocksEnd), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}
