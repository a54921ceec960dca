import type { RelaySettings } from './config.ts';

interface SaslFault {
  readonly setting: keyof RelaySettings;
  /** Follows the name of the setting. */
  readonly message: string;
}

/** What a mechanism needs and what does not go together among the settings of SASL. */
export function saslFaults(values: RelaySettings): readonly SaslFault[] {
  const faults: SaslFault[] = [];
  const refuse = (setting: keyof RelaySettings, message: string) => void faults.push({ setting, message });
  const need = (setting: keyof RelaySettings, by: string) => {
    if (values[setting] === undefined || values[setting] === false) refuse(setting, `is needed ${by}`);
  };
  const mechanism = values.kafkaSaslMechanism;
  if (!values.kafkaSaslEnabled) {
    if (values.kafkaSaslIamEnabled) need('kafkaSaslEnabled', 'when PUBLISHER_KAFKA_SASL_IAM_ENABLED is true');
    return faults;
  }
  if (mechanism === 'OAUTHBEARER') {
    if (values.kafkaSaslIamEnabled) {
      need('kafkaTlsEnabled', 'when PUBLISHER_KAFKA_SASL_IAM_ENABLED is true, since MSK takes IAM over TLS only');
      need('awsRegion', 'when PUBLISHER_KAFKA_SASL_IAM_ENABLED is true');
      if (values.kafkaSaslOAuthTokenUrl !== undefined) {
        refuse('kafkaSaslOAuthTokenUrl', 'and PUBLISHER_KAFKA_SASL_IAM_ENABLED exclude each other');
      }
      return faults;
    }
    const by = 'when PUBLISHER_KAFKA_SASL_MECHANISM is OAUTHBEARER';
    need('kafkaSaslOAuthTokenUrl', `${by}, unless PUBLISHER_KAFKA_SASL_IAM_ENABLED is true`);
    need('kafkaSaslOAuthClientId', by);
    need('kafkaSaslOAuthClientSecret', by);
    if (hasAccount(values.kafkaSaslOAuthTokenUrl)) {
      refuse('kafkaSaslOAuthTokenUrl', 'must hold no user: give PUBLISHER_KAFKA_SASL_OAUTH_CLIENT_ID');
    }
    return faults;
  }
  if (values.kafkaSaslIamEnabled) {
    refuse('kafkaSaslMechanism', 'must be OAUTHBEARER when PUBLISHER_KAFKA_SASL_IAM_ENABLED is true');
  }
  need('kafkaSaslUsername', `when PUBLISHER_KAFKA_SASL_MECHANISM is ${mechanism}`);
  need('kafkaSaslPassword', `when PUBLISHER_KAFKA_SASL_MECHANISM is ${mechanism}`);
  const size = /\d+$/.exec(mechanism)?.[0];
  if (size !== undefined && (values.kafkaSaslScramShaSize ?? size) !== size) {
    refuse('kafkaSaslScramShaSize', `must be ${size} to agree with ${mechanism}`);
  }
  return faults;
}

function hasAccount(url: string | undefined): boolean {
  const parsed = url === undefined ? null : URL.parse(url);
  return parsed !== null && (parsed.username !== '' || parsed.password !== '');
}
