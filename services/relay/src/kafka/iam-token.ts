import { AccessFault } from './access-fault.ts';
import type { BearerToken } from './bearer-token.ts';

export interface IamIdentity {
  readonly region: string;
  /** A role to take on first; undefined to sign as whoever the environment says we are. */
  readonly roleArn: string | undefined;
  /** What the role's session is called in AWS's own logs. */
  readonly sessionName: string | undefined;
}

const region = 'AWS_REGION';
const role = 'AWS_ROLE_ARN';
const credentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];

/** Settings that decide on the token. Those of the credentials are AWS's own, and read by its library. */
export const iamSettings: readonly string[] = [region, role, ...credentials];

/**
 * Signs a token for Amazon MSK by AWS's own library, with the credentials that AWS's usual order of places finds: environment, profile,
 * web identity, container, instance.
 *
 * @throws AccessFault that names the settings and shows nothing of AWS's answers but the name of the error
 */
export async function signIamToken({ region: signingRegion, roleArn, sessionName }: IamIdentity): Promise<BearerToken> {
  // A megabyte of code, which nobody else needs to read. It is CommonJS, of which a bundle's part exports nothing else.
  const { default: signer } = await import('aws-msk-iam-sasl-signer-js');
  try {
    const { token, expiryTime } =
      roleArn === undefined
        ? await signer.generateAuthToken({ region: signingRegion })
        : await signer.generateAuthTokenFromRole({
            region: signingRegion,
            awsRoleArn: roleArn,
            ...(sessionName !== undefined && { awsRoleSessionName: sessionName }),
          });
    return { value: token, expiresAtMs: expiryTime };
  } catch (error) {
    throw faultOf(error, roleArn !== undefined);
  }
}

function faultOf(error: unknown, hasRole: boolean): AccessFault {
  const name = error instanceof Error ? error.name : 'unknown reason';
  if (name === 'CredentialsProviderError') {
    return new AccessFault('no AWS credentials are found', { settings: credentials, mayPass: false });
  }
  if (isRefusal(error)) {
    const settings = hasRole ? [role, ...credentials] : credentials;
    return new AccessFault(`AWS refuses the relay (${name})`, { settings, mayPass: false });
  }
  return new AccessFault(`AWS cannot be asked for credentials (${name})`, { settings: iamSettings, mayPass: true });
}

/** What AWS's clients say is the caller's fault, apart from asking too often. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    '$fault' in error &&
    error.$fault === 'client' &&
    !/throttl|toomanyrequests/i.test(error.name)
  );
}
