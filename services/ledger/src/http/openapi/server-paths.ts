import { bare, data, ref } from './answer-schemas.ts';
import type { Operation, ServerPaths } from './operation.ts';

const anyText = { type: 'string' };

function health(operationId: string, summary: string): Operation {
  return {
    operationId,
    tag: 'server',
    summary,
    answers: {
      200: { description: 'It answers.', content: bare(ref('DatabaseHealth')) },
      500: { description: 'It does not.', content: bare(ref('DatabaseHealth')) },
    },
  };
}

function probe(operationId: string, summary: string): Operation {
  return {
    operationId,
    tag: 'server',
    summary,
    answers: {
      200: { description: 'Every check passed.', content: bare(ref('Health')) },
      503: { description: 'A check failed.', content: bare(ref('Health')) },
    },
  };
}

function file(operationId: string, summary: string, type: string): Operation {
  const schema = /json|yaml/.test(type) ? { type: 'object' } : anyText;
  return {
    operationId,
    tag: 'document',
    summary,
    answers: { 200: { description: summary, content: { type, schema } } },
  };
}

/** The routes that are no ledger's. */
export const serverPaths = {
  '/_info': {
    get: {
      operationId: 'showInfo',
      tag: 'server',
      summary: 'Show which API is spoken, and the names of ledgers',
      answers: {
        200: { description: 'Server and version, by which clients tell the API.', content: data(ref('ServerInfo')) },
      },
      asksDatabase: true,
    },
  },
  '/_health': { get: health('showHealth', 'Ask whether the database answers') },
  '/_healthcheck': { get: health('showHealthcheck', 'Ask whether the database answers, by the newer name') },
  '/livez': { get: probe('showLiveness', 'Ask whether the process should be left alone') },
  '/readyz': { get: probe('showReadiness', 'Ask whether requests should be sent here') },
  '/metrics': {
    get: {
      operationId: 'showMetrics',
      tag: 'server',
      summary: 'Metrics, for Prometheus',
      answers: {
        200: { description: 'Samples in the text format.', content: { type: 'text/plain', schema: anyText } },
        500: { description: 'What failed.', content: { type: 'text/plain', schema: anyText } },
      },
    },
  },
  '/openapi.json': { get: file('showDocument', 'This document', 'application/json') },
  '/swagger.json': { get: file('showDocumentByOldName', 'This document, where v1 has it', 'application/json') },
  '/swagger.yaml': { get: file('showDocumentInYaml', 'This document in YAML', 'application/yaml') },
  '/docs': { get: file('showReader', 'A page to read this document, and to try it', 'text/html') },
  '/docs/swagger-ui.css': { get: file('showReaderStyle', 'Part of that page', 'text/css') },
  '/docs/swagger-ui-bundle.js': { get: file('showReaderScript', 'Part of that page', 'text/javascript') },
} as const satisfies ServerPaths;
