/**
 * What stands between the relay and a cluster, said so that whoever runs the relay knows where to look. Never shows a secret: neither
 * its message nor its cause quotes what a token endpoint or a library of credentials said in words of its own.
 */
export class AccessFault extends Error {
  /** Whether it may pass by itself: what is away may come back, what was refused is refused again. */
  readonly mayPass: boolean;

  constructor(
    message: string,
    options: {
      /** Those that may be at fault. */
      readonly settings: readonly string[];
      readonly mayPass: boolean;
      readonly cause?: unknown;
    },
  ) {
    const { settings, mayPass, cause } = options;
    super(`${message}; check ${settings.join(', ')}`, cause === undefined ? undefined : { cause });
    this.name = 'AccessFault';
    this.mayPass = mayPass;
  }
}
