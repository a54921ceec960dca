import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';

/** What the page loads, from beside it; bundled, they lie in a folder of that name (`scripts/bundle.ts`). */
const assetTypes = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
} as const;

// Addresses are relative, so that the page works behind a proxy that serves all of this below a path.
const start = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#reader', deepLinking: true, tryItOutEnabled: false, validatorUrl: null });`;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Daybook ledger: API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="reader"></div>
<noscript>This page needs JavaScript. The document itself is <a href="swagger.yaml">swagger.yaml</a>.</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script>${start}</script>
</body>
</html>
`;

/**
 * Nothing from elsewhere: the page asks this server only, and runs the library's script and the line above. The library draws with
 * pictures that are part of its style sheet.
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(start).digest('base64')}'`,
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const noSniff = { 'x-content-type-options': 'nosniff' };

/** `GET /docs`: the document to read and try, by Swagger UI. */
export function showReader(_request: IncomingMessage, response: ServerResponse): void {
  response
    .writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': Buffer.byteLength(page),
      'content-security-policy': contentSecurityPolicy,
      ...noSniff,
    })
    .end(page);
}

/** `GET /docs/{asset}` */
export function showReaderAsset(name: keyof typeof assetTypes) {
  let bytes: Promise<Buffer> | undefined;
  return async (_request: IncomingMessage, response: ServerResponse): Promise<void> => {
    bytes ??= readFile(assetFile(name)).catch((error: unknown) => {
      // A failure is of its moment, such as too many open files: the next request reads again.
      bytes = undefined;
      throw error;
    });
    const found = await bytes;
    response
      .writeHead(200, { 'content-type': assetTypes[name], 'content-length': found.length, ...noSniff })
      .end(found);
  };
}

/** Beside the bundle; run as source, in the package. */
function assetFile(name: string): string {
  const bundled = fileURLToPath(new URL(`./swagger-ui/${name}`, import.meta.url));
  return existsSync(bundled) ? bundled : fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`));
}
