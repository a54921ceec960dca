/** What of V8's `.cpuprofile` is read. Times are microseconds of the system's monotonic clock, that of `process.hrtime`. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly startTime: number;
  /** The node that was seen at each moment, and the time since the moment before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** From a moment to another, in microseconds of the monotonic clock. */
export interface Span {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Of one owner of code, in microseconds. */
export interface CpuTime {
  /** In its own functions. */
  readonly self: number;
  /** There, and in what Node and V8 did because its functions called them. */
  readonly caused: number;
}

const garbage = 'garbage collection';
const native = 'V8 and native functions';
const outside = 'outside of JavaScript';
const node = 'Node';
const runtime: ReadonlySet<string> = new Set([garbage, native, outside, node]);

/**
 * The CPU time of each owner of code within the spans: a package, a folder of ours, or a part of Node. Time in which the process had
 * nothing to do is not in it.
 */
export function cpuTimes(profile: CpuProfile, spans: readonly Span[]): Map<string, CpuTime> {
  const nodes = new Map(profile.nodes.map((each) => [each.id, each]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const owners = new Map(profile.nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
  /** Whose call it comes of: the nearest of the callers that is not Node itself. */
  const causeOf = (id: number): string | undefined => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const owner = owners.get(at);
      if (owner !== undefined && !runtime.has(owner)) return owner;
    }
    return owners.get(id);
  };
  const causes = new Map(nodes.keys().map((id) => [id, causeOf(id)]));
  const times = new Map<string, { self: number; caused: number }>();
  const timeOf = (owner: string) => {
    const time = times.get(owner) ?? { self: 0, caused: 0 };
    times.set(owner, time);
    return time;
  };
  let atUs = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const [owner, cause] = [owners.get(id), causes.get(id)];
    // A delta leads to its sample, and the time after a sample is that sample's.
    atUs += profile.timeDeltas[index] ?? 0;
    const us = profile.timeDeltas[index + 1] ?? 0;
    if (owner === undefined || cause === undefined || !spans.some((span) => span.fromUs <= atUs && atUs < span.toUs)) {
      continue;
    }
    timeOf(owner).self += us;
    timeOf(cause).caused += us;
  }
  return times;
}

/** Undefined where nothing is done: the root, and idleness. */
function ownerOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string | undefined {
  if (functionName === '(root)' || functionName === '(idle)') return undefined;
  if (functionName === '(garbage collector)') return garbage;
  if (functionName === '(program)') return outside;
  if (url === '') return native;
  if (url.startsWith('node:')) return node;
  const path = url.replace(/^\w+:\/\//, '');
  const [, packaged] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  if (packaged !== undefined) return packaged;
  const [, folder] = /\/((?:services|packages|bench)\/.*)\/[^/]+$/.exec(path) ?? [];
  return folder?.replace('/src', '') ?? 'other code';
}
