import { expect, it } from 'vitest';
import { planNodes } from './plan-nodes.ts';

it('names each node once, with the index that it reads', () => {
  const log = `LOG:  duration: 0.2 ms  plan:
	{"Query Text": "select", "Plan": {
	    "Node Type": "Limit", "Plans": [
	      { "Node Type": "Index Only Scan", "Scan Direction": "Backward", "Index Name": "move_source_idx" },
	      { "Node Type": "Seq Scan", "Relation Name": "log" }] } }
LOG:  duration: 0.1 ms  plan:
	{"Plan": { "Node Type": "Limit", "Plans": [{ "Node Type": "Index Only Scan", "Index Name": "log_pkey" }] } }`;
  expect(planNodes(log)).toEqual(['Limit', 'Index Only Scan move_source_idx', 'Seq Scan', 'Index Only Scan log_pkey']);
});

it('finds none where nothing was logged', () => {
  expect(planNodes('LOG:  checkpoint starting: time')).toEqual([]);
});
