import { planRouted, planRouting } from './workload-metadata-scripts.ts';
import { planBalance, planOrdered, planOverdraft, planSplit, planSweep } from './workload-money-scripts.ts';
import { quoted, script, type PlannedScript, type ScriptPlan, type ScriptScene } from './workload-script.ts';

const scriptPlans: readonly { readonly weight: number; readonly plan: ScriptPlan }[] = [
  { weight: 5, plan: planOrdered },
  { weight: 4, plan: planSplit },
  { weight: 3, plan: planSweep },
  { weight: 3, plan: planBalance },
  { weight: 5, plan: planOverdraft },
  { weight: 6, plan: planRouted },
  { weight: 3, plan: planRouting },
  { weight: 3, plan: planRefused },
];

/** Plans a script of one of many forms, some of which the rules will refuse. */
export function planScript(scene: ScriptScene): PlannedScript {
  return scene.random.pickWeighted(scriptPlans).plan(scene);
}

const refusedPlains = [
  // No account has as much.
  `send [GEM 9${'9'.repeat(40)}] (
  source = $from
  destination = $to
)
set_account_meta($to, "mark", $mark)`,
  // The mark is in the metadata of the request as well.
  `send [GEM 1] (
  source = @world
  destination = $from
)
set_tx_meta("mark", $mark)
set_account_meta($to, "mark", $mark)`,
  // Shares of more than the whole.
  `send [GEM 1] (
  source = @world
  destination = {
    2/3 to $from
    50% to $to
  }
)
set_account_meta($to, "mark", $mark)`,
  // A bracket too few.
  `send [GEM 1] (
  source = $from
  destination = $to
set_account_meta($to, "mark", $mark)`,
  // A variable that nobody declared.
  `send $sum (
  source = $from
  destination = $to
)
set_account_meta($to, "mark", $mark)`,
];

function planRefused({ name, user, random }: ScriptScene): PlannedScript {
  const declared = `vars {
  account $from
  account $to
  string $mark
}
`;
  return script(`${declared}${random.pick(refusedPlains)}`, {
    from: quoted(user(random)),
    to: quoted(user(random)),
    mark: quoted(name),
  });
}
