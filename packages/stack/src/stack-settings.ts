import { defineSettings } from '@daybook/config';

/** The settings of the development stack itself. */
export const stackSettings = defineSettings({
  kafkaBrokers: {
    env: 'STACK_KAFKA_BROKER',
    format: 'list',
    items: 'address',
    doc: 'Brokers to use, left alone at the end. Without them the stack runs a Kafka of its own, by Docker Compose or else by Java.',
  },
});
