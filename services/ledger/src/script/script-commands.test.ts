import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { readCommandLine, terminalOf } from '@daybook/config';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ledgerSettings } from '../config.ts';
import { runScriptCommand, scriptCommands } from './script-commands.ts';

const sale = `vars {
  account $buyer
  monetary $price
  portion $fee = meta(@platform, "fee")
}
// The platform takes its fee.
send $price (
\tsource = $buyer
\tdestination = {
\t\t$fee to @platform:fees
\t\tremaining to @seller
\t}
)
set_tx_meta("kind", "sale")
set_account_meta($buyer, "last", $price)
print $price
`;

const canonical = `vars {
  account $buyer
  monetary $price
  portion $fee = meta(@platform, "fee")
}
send $price (
  source = $buyer
  destination = {
    $fee to @platform:fees
    remaining to @seller
  }
)
set_tx_meta("kind", "sale")
set_account_meta($buyer, "last", $price)
print $price
`;

const vars = '{"buyer": "alice", "price": {"asset": "USD/2", "amount": 1000}}';
const metadata = '{"platform": {"fee": {"type": "portion", "value": "2.5%"}}}';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-script-'));
  writeFileSync(join(folder, 'sale.num'), sale);
  writeFileSync(join(folder, 'latin-1.num'), Buffer.from('// \xe9\n', 'latin1'));
  writeFileSync(join(folder, 'large.num'), ' '.repeat(131_073));
  writeFileSync(join(folder, 'vars.json'), vars);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a command line does, with files of the folder named by `./`, and a script as its standard input. */
async function ledger(argv: readonly string[], script = '') {
  const outcome = readCommandLine({
    program: 'ledger',
    summary: '',
    version: '',
    settings: ledgerSettings,
    commands: scriptCommands,
    argv: argv.map((argument) => argument.replace('./', `${folder}/`)),
    environment: { LANES: 'many' },
  });
  if (outcome.kind === 'exit') return { code: outcome.code, stdout: outcome.stdout, stderr: outcome.stderr };
  let stdout = '';
  let stderr = '';
  const terminal = terminalOf({ write: (text) => (stdout += text) }, { write: (text) => (stderr += text) });
  const code = await runScriptCommand(outcome, { terminal, stdin: Readable.from([Buffer.from(script)]) });
  return { code, stdout, stderr: stderr.replaceAll(`${folder}/`, './') };
}

const send = (amount: string) => `send ${amount} (\n  source = @alice\n  destination = @bob\n)\n`;

describe('script check', () => {
  it.each([
    { file: './sale.num', stdout: canonical, stderr: 'well-formed: 3 variables, 1 send, 3 other statements\n' },
    {
      file: '-',
      script: `${send('[USD 1]')}${send('[USD 2]')}`,
      stdout: `${send('[USD 1]')}${send('[USD 2]')}`,
      stderr: 'well-formed: 0 variables, 2 sends\n',
    },
  ])('prints $file in its canonical form', async ({ file, script, stdout, stderr }) => {
    expect(await ledger(['script', 'check', file], script)).toEqual({ code: 0, stdout, stderr });
  });

  it('shows faults with their places', async () => {
    const { code, stdout, stderr } = await ledger(
      ['script', 'check', '-'],
      'print 1\n\tsend\t@alice (\n  source = @alice\n  destination = @bob\n)\n',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^line 2, column 7: .+\n2 \| \tsend\t@alice \(\n {2}\| \t {4}\t\^\^\^\^\^\^\n$/);
  });
});

describe('script run', () => {
  const given = ['script', 'run', './sale.num', '--vars', vars, '--metadata', metadata];
  const balances = '{"alice": {"USD/2": 1200, "EUR": -5}}';

  it('prints a table of postings, then metadata, then what the script printed', async () => {
    expect(await ledger([...given, '--balances', balances])).toEqual({
      code: 0,
      stdout: `source  destination    amount  asset
alice   platform:fees  25      USD/2
alice   seller         975     USD/2

metadata of    key   value
transaction    kind  {"type":"string","value":"sale"}
account alice  last  {"type":"monetary","value":{"amount":1000,"asset":"USD/2"}}

printed
[USD/2 1000]
`,
      stderr: '',
    });
  });

  it('prints one JSON document, of which account metadata can be given again', async () => {
    const { stdout } = await ledger([...given, '--balances', balances, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      postings: [
        { source: 'alice', destination: 'platform:fees', amount: 25, asset: 'USD/2' },
        { source: 'alice', destination: 'seller', amount: 975, asset: 'USD/2' },
      ],
      metadata: { kind: { type: 'string', value: 'sale' } },
      accountMetadata: { alice: { last: { type: 'monetary', value: { asset: 'USD/2', amount: 1000 } } } },
      printed: ['[USD/2 1000]'],
    });
  });

  it('keeps amounts of any size exact', async () => {
    const amount = '123456789012345678901234567891';
    const argv = ['script', 'run', '-', '--balances', `{"alice": {"USD": ${amount}}}`];
    expect((await ledger(argv, send('[USD *]'))).stdout).toContain(` ${amount} `);
    expect((await ledger([...argv, '--json'], send('[USD *]'))).stdout).toContain(`"amount":${amount},`);
  });

  it('says that there is nothing to post', async () => {
    expect(await ledger(['script', 'run', '-'], 'print 1 + 2')).toEqual({
      code: 0,
      stdout: 'no postings\n\nprinted\n3\n',
      stderr: '',
    });
  });

  it.each([
    {
      title: 'money that is not there',
      script: send('[USD 1]'),
      stderr: /^INSUFFICIENT_FUND: .*\nline 2, column \d+: \[USD 1\] is needed, the source has 0\n/,
    },
    {
      title: 'metadata that is not there',
      script: `vars {\n  portion $fee = meta(@platform, "fee")\n}\nprint $fee`,
      stderr: /^COMPILATION_FAILED: missing key fee .*platform\n$/,
    },
    { title: 'a script that fails', script: 'fail', stderr: /^VALIDATION: line 1, column 1: [^]*\n {2}\| \^\^\^\^\n$/ },
    { title: 'a script that is not well-formed', script: 'send', stderr: /^line 1, column 5: / },
  ])('refuses $title', async ({ script, stderr }) => {
    const argv = ['script', 'run', '-', '--json', '--balances', '{"alice": {"USD": -1}}'];
    expect(await ledger(argv, script)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(stderr) });
  });

  it('takes its flags from files', async () => {
    const argv = ['script', 'run', './sale.num', '--metadata', metadata, '--balances', balances];
    expect(await ledger([...argv, '--vars=@./vars.json'])).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    { flag: ['--vars', '{}'], stderr: '--vars: missing variable $buyer\n' },
    { flag: ['--vars', '[]'], stderr: '--vars must be a JSON object\n' },
    { flag: ['--vars', '@./none.json'], stderr: '--vars: ./none.json cannot be read: ENOENT' },
    { flag: ['--balances', '{"alice": {"usd": 1}}'], stderr: '--balances: "usd" of alice is not an asset\n' },
    { flag: ['--metadata', '{"alice": 1}'], stderr: '--metadata: the value of alice must be a JSON object\n' },
  ])('does not take $flag', async ({ flag, stderr }) => {
    const outcome = await ledger([...given, ...flag]);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(stderr);
  });
});

describe.each(['check', 'run'])('script %s', (command) => {
  it.each([
    { file: './none.num', stderr: './none.num cannot be read: ENOENT' },
    { file: './latin-1.num', stderr: './latin-1.num is not UTF-8\n' },
    { file: './large.num', stderr: './large.num is larger than 131072 bytes, the limit\n' },
  ])('does not take $file', async ({ file, stderr }) => {
    const outcome = await ledger(['script', command, file]);
    expect(outcome).toMatchObject({ code: 2, stdout: '' });
    expect(outcome.stderr).toContain(stderr);
  });

  it('asks for a file', async () => {
    const { code, stderr } = await ledger(['script', command]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`script ${command} needs <file>`) });
  });
});
