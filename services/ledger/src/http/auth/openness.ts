import { isLoopback, parseBindAddress, type Logger } from '@daybook/runtime';
import type { LedgerConfig } from '../../config.ts';

/** Says so, loudly, when an API that asks nobody who they are can be reached by others than this machine. */
export function warnOfOpenness(
  { httpBind, corsAllowedOrigins }: Pick<LedgerConfig, 'httpBind' | 'corsAllowedOrigins'>,
  logger: Logger,
): void {
  const host = parseBindAddress(httpBind).host ?? '';
  if (!isLoopback(host)) {
    logger.warn(
      { bind: httpBind, settings: ['AUTH_BASIC_CREDENTIALS', 'AUTH_BEARER_ENABLED', 'HTTP_BIND'] },
      'the API is open: whoever reaches this address may read and write every ledger',
    );
  }
  if (corsAllowedOrigins.includes('*')) {
    logger.warn(
      { settings: ['AUTH_BASIC_CREDENTIALS', 'AUTH_BEARER_ENABLED', 'CORS_ALLOWED_ORIGINS'] },
      'the API is open to every page in a browser on a machine that reaches it',
    );
  }
}
