/** Says what PostgreSQL must log to have the plan of every statement in the log, as JSON. For a session of a superuser. */
export const loggingPlans =
  '-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_format=json';

/**
 * The node types in the plans of a part of the server's log, each once and in the order of their statements; those that read
 * an index name it.
 */
export function planNodes(log: string): readonly string[] {
  const nodes = [...log.matchAll(/"Node Type": "([^"]+)"/g)].map(({ 1: type = '', index }) => {
    // The fields of a node stand between its type and the next one's.
    const end = log.indexOf('"Node Type"', index + 1);
    const fields = log.slice(index, end === -1 ? undefined : end);
    const name = /"Index Name": "([^"]+)"/.exec(fields)?.[1];
    return name === undefined ? type : `${type} ${name}`;
  });
  return [...new Set(nodes)];
}
