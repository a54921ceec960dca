import { monetary, quoted, script, someAmount, type PlannedScript, type ScriptScene } from './workload-script.ts';

/** Accounts that scripts overdraw, each as far as the script says and no further than this. */
const overdrawn = ['users:2', 'users:3'];
const overdraftMost = 300;

const orderedPlain = (last: string) => `vars {
  monetary $sum
  monetary $most
  account $first
  account $second
  account $to
  number $level
}
send $sum (
  source = {
    max $most from $first
    $second${last}
  }
  destination = $to
)
set_tx_meta("level", $level)`;

/** Without `world` behind them it is refused when both have too little. */
export function planOrdered(scene: ScriptScene): PlannedScript {
  const { assets, scarce, user, random } = scene;
  const isBacked = random.chance(0.5);
  const asset = isBacked ? random.pick(assets) : scarce;
  const [first, second] = twoUsers(scene);
  return script(orderedPlain(isBacked ? '\n    @world' : ''), {
    sum: monetary(asset, isBacked ? someAmount(random) : random.between(0, 500)),
    most: monetary(asset, random.between(0, 100)),
    first: quoted(first),
    second: quoted(second),
    to: quoted(user(random)),
    level: String(random.between(0, 9)),
  });
}

const splitPlain = `vars {
  monetary $sum
  portion $share
  account $from
  account $to
  account $rest
}
send $sum (
  source = {
    1/4 from {
      $from
      @world
    }
    remaining from @world
  }
  destination = {
    $share to $to
    12.5% kept
    remaining to $rest
  }
)
set_tx_meta("share", $share)`;

export function planSplit({ assets, user, random }: ScriptScene): PlannedScript {
  return script(splitPlain, {
    sum: monetary(random.pick(assets), someAmount(random)),
    share: quoted(random.pick(['1/3', '40%', '7/8', '0.1%'])),
    from: quoted(user(random)),
    to: quoted(user(random)),
    rest: quoted(user(random)),
  });
}

const sweepPlain = `vars {
  asset $asset
  account $from
  account $to
  string $mark
}
send [$asset *] (
  source = $from
  destination = $to
)
set_account_meta($from, "mark", $mark)
set_account_meta($from, "swept_to", $to)`;

/** Refused when there is nothing to sweep. */
export function planSweep(scene: ScriptScene): PlannedScript {
  const { name, assets, scarce, random } = scene;
  const [from, other] = twoUsers(scene);
  const [asset, to] = random.chance(0.5) ? [scarce, 'world'] : [random.pick(assets), other];
  return script(
    sweepPlain,
    { asset: quoted(asset), from: quoted(from), to: quoted(to), mark: quoted(name) },
    { traces: { saves: [from], empties: { account: from, asset } } },
  );
}

const balancePlain = `vars {
  asset $asset
  account $from
  monetary $all = balance($from, $asset)
  account $to
  account $rest
}
send $all (
  source = $from
  destination = {
    1/3 to $to
    remaining to $rest
  }
)
set_tx_meta("all", $all)`;

/** Refused while the balance is below zero. */
export function planBalance(scene: ScriptScene): PlannedScript {
  const [from, to] = twoUsers(scene);
  const asset = scene.random.pick([...scene.assets, scene.scarce]);
  return script(
    balancePlain,
    { asset: quoted(asset), from: quoted(from), to: quoted(to), rest: quoted(`${to}:rest`) },
    { traces: { saves: [], empties: { account: from, asset } } },
  );
}

const overdraftPlain = `vars {
  monetary $sum
  monetary $most
  account $first
  account $short
  account $to
  string $mark
}
send $sum (
  source = {
    $first
    $short allowing overdraft up to $most
  }
  destination = $to
)
set_account_meta($short, "mark", $mark)
set_account_meta($short, "most", $most)
set_account_meta($to, "mark", $mark)`;

/** Refused when the overdraft is not enough, as it is once others have used it up. */
export function planOverdraft(scene: ScriptScene): PlannedScript {
  const { name, scarce: asset, user, random } = scene;
  const short = random.pick(overdrawn);
  const [first, to] = [user(random), random.chance(0.7) ? 'world' : user(random)];
  const most = random.between(0, overdraftMost);
  const vars = {
    sum: monetary(asset, random.between(0, overdraftMost / 3)),
    most: monetary(asset, most),
    // Whoever is there twice is refused.
    first: quoted(first === short ? 'users:1' : first),
    short: quoted(short),
    to: quoted(to),
    mark: quoted(name),
  };
  return script(overdraftPlain, vars, {
    overdrafts: [{ account: short, asset, most }],
    traces: { saves: [short, to] },
  });
}

function twoUsers({ user, random }: ScriptScene): [string, string] {
  const one = user(random);
  let other = user(random);
  while (other === one) {
    other = user(random);
  }
  return [one, other];
}
