import { readFile } from 'node:fs/promises';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { showReaderAsset } from './reader.ts';

vi.mock(import('node:fs/promises'), { spy: true });

test('a file that could not be read once is read again by the next request, then kept', async () => {
  const show = showReaderAsset('swagger-ui.css');
  const statusOf = async () => {
    const request = new IncomingMessage(new Socket());
    const response = new ServerResponse(request);
    await show(request, response);
    return response.statusCode;
  };
  vi.mocked(readFile).mockRejectedValueOnce(new Error('EMFILE: too many open files'));
  await expect(statusOf()).rejects.toThrow('EMFILE');
  expect(await statusOf()).toBe(200);
  expect(await statusOf()).toBe(200);
  expect(readFile).toHaveBeenCalledTimes(2);
});
