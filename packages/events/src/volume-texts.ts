/** What an account received and sent of one asset. */
interface Volumes {
  readonly input: bigint;
  readonly output: bigint;
}

/** An (account, asset) pair before and after what touched it. */
export interface TouchedPair {
  readonly account: string;
  readonly asset: string;
  readonly before: Volumes;
  readonly after: Volumes;
}

/** Volumes of touched pairs as finished JSON: account, then asset, then figures. */
export interface VolumeTexts {
  /** `{input,output,balance}` before. */
  readonly preCommit: string;
  /** `{input,output,balance}` after. */
  readonly postCommit: string;
  /** `{input,output}` after, as events of v1.4 have it. */
  readonly totals: string;
}

/** Writes volumes with accounts and assets sorted, as v1 does. Each pair may occur once. */
export function writeVolumes(touched: readonly TouchedPair[]): VolumeTexts {
  const sorted = touched.toSorted(byAccountThenAsset);
  let preCommit = '';
  let postCommit = '';
  let totals = '';
  let account: string | undefined;
  for (const pair of sorted) {
    const name = `"${pair.asset}":`;
    let opening = ',';
    if (pair.account !== account) {
      opening = account === undefined ? `"${pair.account}":{` : `},"${pair.account}":{`;
      account = pair.account;
    }
    const start = opening + name;
    const after = `${start}{"input":${pair.after.input},"output":${pair.after.output}`;
    preCommit += `${start}{"input":${pair.before.input},"output":${pair.before.output},"balance":${balance(pair.before)}}`;
    postCommit += `${after},"balance":${balance(pair.after)}}`;
    totals += `${after}}`;
  }
  const end = account === undefined ? '}' : '}}';
  return { preCommit: `{${preCommit}${end}`, postCommit: `{${postCommit}${end}`, totals: `{${totals}${end}` };
}

function balance(volumes: Volumes): bigint {
  return volumes.input - volumes.output;
}

/** Addresses and assets are ASCII: the order of UTF-16 is the order of Go's bytes. */
function byAccountThenAsset(a: TouchedPair, b: TouchedPair): number {
  if (a.account !== b.account) return a.account < b.account ? -1 : 1;
  if (a.asset !== b.asset) return a.asset < b.asset ? -1 : 1;
  return 0;
}
