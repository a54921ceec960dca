/** The value that a flag is given, as `--flag value` or `--flag=value`; a list grows when it is given again. */
export function valueOfFlag(argv: readonly string[], flag: string): string | undefined {
  const values = argv.flatMap((word, index) => {
    if (word.startsWith(`${flag}=`)) return [word.slice(flag.length + 1)];
    const next = argv[index + 1];
    return word === flag && next !== undefined ? [next] : [];
  });
  return values.length === 0 ? undefined : values.join(',');
}
