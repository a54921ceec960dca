/**
 * The table `latest`: the last volumes of each asset of an account, which stands in `account.ledger` and `account.address`. It walks the primary
 * key of `move` backwards, one step per asset: the last row of an asset holds its volumes, and the next asset is the last row
 * below it. However many moves an account has, it costs as many index descents as it has assets.
 */
export const latestVolumes = `with recursive latest as (
  (
    select asset, input, output
    from move
    where ledger = account.ledger and account = account.address
    order by asset desc, txid desc
    limit 1
  )
  union all
  select next.asset, next.input, next.output
  from latest
  cross join lateral (
    select asset, input, output
    from move
    where ledger = account.ledger and account = account.address and asset < latest.asset
    order by asset desc, txid desc
    limit 1
  ) as next
)`;
