const answerBytesMax = 1_048_576;

/**
 * Fetches a document of an issuer.
 *
 * @throws Error for any status but 200, for a redirect, for more than 1 MiB, and for what is not JSON; whatever `fetch` throws
 */
export async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`${url} answered with status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > answerBytesMax) throw new Error(`${url} answered with more than ${answerBytesMax} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch (error) {
    throw new Error(`${url} answered with what is not JSON`, { cause: error });
  }
}
