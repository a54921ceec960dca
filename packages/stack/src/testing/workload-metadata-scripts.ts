import { monetary, quoted, script, someAmount, type PlannedScript, type ScriptScene } from './workload-script.ts';

/** The account whose metadata names whom scripts take from and give to, under these two keys. */
export const routes = { account: 'routes', payer: 'payer', payee: 'payee' } as const;

/** Metadata, as JSON, by which the routes name two accounts. */
export function routesMetadata({ name, user, random }: ScriptScene): string {
  const typed = () => `{"type":"account","value":"${user(random)}"}`;
  return `{"mark":"${name}","${routes.payer}":${typed()},"${routes.payee}":${typed()}}`;
}

const routedPlain = `vars {
  account $payer = meta(@${routes.account}, "${routes.payer}")
  account $payee = meta(@${routes.account}, "${routes.payee}")
  account $next
  monetary $sum
  string $mark
}
send $sum (
  source = {
    $payer
    @world
  }
  destination = $payee
)
set_account_meta(@${routes.account}, "${routes.payee}", $next)
set_account_meta(@${routes.account}, "mark", $mark)
set_account_meta($payee, "mark", $mark)
set_account_meta($payee, "level", 7)`;

/** Refused while nobody has said whom to take from. What it finds, other writes change under it, as it does itself. */
export function planRouted({ name, assets, user, random }: ScriptScene): PlannedScript {
  const sum = monetary(random.pick(assets), someAmount(random));
  const [source, destination] = [
    { account: routes.account, key: routes.payer },
    { account: routes.account, key: routes.payee },
  ];
  return script(
    routedPlain,
    { sum, next: quoted(user(random)), mark: quoted(name) },
    { traces: { saves: [routes.account, destination], source, destination } },
  );
}

const routingPlain = `vars {
  monetary $sum
  account $payer
  account $payee
  string $mark
}
send $sum (
  source = @world
  destination = $payer
)
set_account_meta(@${routes.account}, "${routes.payer}", $payer)
set_account_meta(@${routes.account}, "${routes.payee}", $payee)
set_account_meta(@${routes.account}, "mark", $mark)`;

export function planRouting({ name, assets, scarce, user, random }: ScriptScene): PlannedScript {
  const vars = {
    sum: random.chance(0.5)
      ? monetary(scarce, random.between(0, 100))
      : monetary(random.pick(assets), someAmount(random)),
    payer: quoted(user(random)),
    payee: quoted(user(random)),
    mark: quoted(name),
  };
  return script(routingPlain, vars, { traces: { saves: [routes.account] } });
}
