import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { buildDocument } from './document.ts';

/** The document as text, in a form that people read. */
export function documentInYaml(): string {
  // Without anchors, which hide what a part says; the same part may stand in several places.
  return stringify(buildDocument(), { aliasDuplicateObjects: false, lineWidth: 120 });
}

/** `GET /openapi.json`, and `/swagger.json` as v1 has it */
export function showDocument() {
  return showText('application/json; charset=utf-8', () => JSON.stringify(buildDocument()));
}

/** `GET /swagger.yaml` */
export function showDocumentInYaml() {
  return showText('application/yaml; charset=utf-8', documentInYaml);
}

/** The text is made once, when it is first asked for. */
function showText(type: string, make: () => string) {
  let text: string | undefined;
  return (_request: IncomingMessage, response: ServerResponse): void => {
    text ??= make();
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text);
  };
}
