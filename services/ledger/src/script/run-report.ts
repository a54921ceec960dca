import { renderTable } from '@daybook/config';
import { writeJson, type Json } from '@daybook/events';
import { valueText, type RunResult } from '@daybook/numscript';

type FinishedRun = Extract<RunResult, { readonly kind: 'done' }>;

/** For people: a table of postings, one of metadata, and what the script printed. */
export function renderRun({ postings, metadata, accountMetadata, printed }: FinishedRun): string {
  const metadataRows = [
    ...Object.entries(metadata).map(([key, value]) => ['transaction', key, writeJson(value)]),
    ...accountMetadata.flatMap(({ address, metadata: entries }) =>
      Object.entries(entries).map(([key, value]) => [`account ${address}`, key, writeJson(value)]),
    ),
  ];
  const blocks = [
    postings.length === 0
      ? 'no postings'
      : renderTable(
          ['source', 'destination', 'amount', 'asset'],
          postings.map(({ source, destination, amount, asset }) => [source, destination, String(amount), asset]),
        ),
    ...(metadataRows.length > 0 ? [renderTable(['metadata of', 'key', 'value'], metadataRows)] : []),
    ...(printed.length > 0 ? [['printed', ...printed.map(valueText)].join('\n')] : []),
  ];
  return blocks.join('\n\n');
}

/** One document for programs, with exact amounts. Account metadata has the form of `--metadata`. */
export function runAsJson({ postings, metadata, accountMetadata, printed }: FinishedRun): string {
  const document: Json = {
    postings: postings.map(({ source, destination, amount, asset }) => ({
      source,
      destination,
      amount: JSON.rawJSON(String(amount)),
      asset,
    })),
    metadata,
    accountMetadata: Object.fromEntries(accountMetadata.map(({ address, metadata: entries }) => [address, entries])),
    printed: printed.map(valueText),
  };
  return writeJson(document);
}
