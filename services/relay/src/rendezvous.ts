import { hash } from 'node:crypto';

/**
 * The member that a lane, or a replay, falls to: the one with the greatest weight for it (rendezvous hashing). All who see the same members agree
 * without talking, and a member that comes or goes moves no lane between the others.
 */
export function ownerOf(thing: number | string, members: readonly string[]): string | undefined {
  let owner: string | undefined;
  let greatest = '';
  for (const member of members) {
    const weight = `${hash('sha256', `${thing}:${member}`)}:${member}`;
    if (weight > greatest) {
      greatest = weight;
      owner = member;
    }
  }
  return owner;
}
