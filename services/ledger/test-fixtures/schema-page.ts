import type { Pool } from '@daybook/postgres';

const columnsSql = `select
  c.relname as table,
  a.attname as name,
  format_type(a.atttypid, a.atttypmod) as type,
  a.attnotnull as required,
  coalesce(pg_get_expr(d.adbin, d.adrelid), '') as default,
  coalesce(pg_get_partkeydef(c.oid), '') as partitioned
from pg_class c
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = current_schema()::regnamespace
  and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration'
order by c.relname collate "C", a.attnum`;

// Since PostgreSQL 18 NOT NULL is a constraint as well; the columns tell it already.
const rulesSql = `select c.relname as table, r.conname as name, pg_get_constraintdef(r.oid) as definition
from pg_constraint r
join pg_class c on c.oid = r.conrelid and not c.relispartition
where r.connamespace = current_schema()::regnamespace and r.contype <> 'n'
union all
select c.relname, index.relname, pg_get_indexdef(i.indexrelid)
from pg_index i
join pg_class index on index.oid = i.indexrelid
join pg_class c on c.oid = i.indrelid and not c.relispartition
where c.relnamespace = current_schema()::regnamespace
  and not exists (select from pg_constraint where conindid = i.indexrelid)
order by 1, 2`;

const sequencesSql = `select sequencename as name, data_type::text as type
from pg_sequences
where schemaname = current_schema() and sequencename <> 'migration_id_seq'
order by 1`;

interface ColumnRow {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly default: string;
  readonly partitioned: string;
}

interface RuleRow {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** The schema of a migrated database as migrations/schema.md shows it. */
export async function renderSchemaPage(pool: Pool): Promise<string> {
  const columns = await pool.query<ColumnRow>(columnsSql);
  const rules = await pool.query<RuleRow>(rulesSql);
  const sequences = await pool.query<{ name: string; type: string }>(sequencesSql);
  const tables = [...Map.groupBy(columns.rows, ({ table }) => table)].map(([table, own]) =>
    renderTable(
      table,
      own,
      rules.rows.filter((rule) => rule.table === table),
    ),
  );
  const page = [
    '# The schema',
    'Made from the catalogs of a migrated PostgreSQL 18; a test compares. After a new migration write it anew with',
    '`npx -y pnpm@12 exec vitest run services/ledger/src/migrate --update`. What each table is for: comments in the',
    'migrations, and docs/ARCHITECTURE.md. Not shown: the table `migration` of node-pg-migrate, and the partitions of a day.',
    ...tables,
    '## Sequences',
    ...sequences.rows.map(({ name, type }) => `- \`${name}\` ${type}`),
  ];
  return `${page
    .join('\n')
    .replaceAll('\n#', '\n\n#')
    .replaceAll(/^(#.*)\n/gm, '$1\n\n')}\n`;
}

function renderTable(table: string, columns: readonly ColumnRow[], rules: readonly RuleRow[]): string {
  const partitioned = columns[0]?.partitioned ?? '';
  return [
    `## ${table}`,
    ...(partitioned === '' ? [] : [`Partitioned by ${partitioned}.`, '']),
    '| column | type | null | default |',
    '|---|---|---|---|',
    ...columns.map(
      (column) =>
        `| ${column.name} | ${column.type} | ${column.required ? 'no' : 'yes'} | ${column.default === '' ? '' : `\`${column.default}\``} |`,
    ),
    '',
    ...rules.map(({ name, definition }) => `- \`${name}\`: \`${definition}\``),
  ].join('\n');
}
