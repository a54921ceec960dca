/** `pnpm build [ledger|relay]`: bundles the services. */
import { bundle, services } from './bundle.ts';

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !services.some((service) => service === name));
if (unknown.length > 0) throw new Error(`No such service: ${unknown.join(', ')}. There are ${services.join(' and ')}.`);

for (const service of services.filter((name) => asked.length === 0 || asked.includes(name))) {
  const { folder, bytes } = await bundle(service);
  process.stdout.write(`${service}: ${(bytes / 1_000_000).toFixed(1)} MB in ${folder}\n`);
}
