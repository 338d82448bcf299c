import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { keysSecret } from '../src/key-names.ts'
import { holderOf, type Ring, type RingName, trustedEverywhereMs } from '../src/keys/key-ring.ts'
import { parseRings } from '../src/keys/key-store.ts'
import { type Command, program } from './command.ts'
import type { Run } from './run.ts'
import { Refusal, type Step } from './runbook.ts'
import { deploymentOf, giveTraffic, versionsOf } from './worker.ts'

const minute = 60_000
/** Message of the versions that `npm run keys` makes: they differ from the one before in their keys alone. */
const keysMessage = 'keys'

/** A ring, which is empty before its first key is made. */
export async function ringNamed(run: Run, name: RingName): Promise<Ring> {
  const SecretId = keysSecret(run.stage, holderOf[name])
  const { SecretString = '' } = await run.aws.secrets.send(new GetSecretValueCommand({ SecretId }))
  return parseRings(SecretString)[name] ?? []
}

/** The two keys or the only key of a ring. @throws {Refusal} when there is none */
export async function madeRing(run: Run, name: RingName): Promise<Ring> {
  const ring = await ringNamed(run, name)
  if (ring.length === 0) throw new Refusal(`there is no ${name} key yet: npm run keys -- create ${name}`)
  return ring
}

/** Whether the newer of two keys is in use. */
export const isUsed = ([first, second]: Ring): boolean =>
  first !== undefined && second !== undefined && first.trustedAtMs > second.trustedAtMs

export const keysCommand = (run: Run, step: 'trust' | 'use' | 'drop', name: RingName): Command =>
  program(['node', 'infra/bin/keys.ts', step, name, '--stage', run.stage])

/** @returns time until a new key is accepted everywhere, as the program that uses it counts; a second more */
export async function untilTrustedMs(run: Run, name: RingName): Promise<number> {
  const newest = Math.max(...(await madeRing(run, name)).map(({ trustedAtMs }) => trustedAtMs))
  return newest + trustedEverywhereMs + 1_000 - run.nowMs()
}

/** Reason against new keys: they would go into a copy of a version that is not deployed; a version of keys alone is. */
export async function strayVersion(run: Run): Promise<string | undefined> {
  const latest = (await versionsOf(run)).at(-1)
  if (latest?.message === keysMessage) return undefined
  const words = await undeployed(run)
  return words === undefined ? undefined : `${words}; after a roll-back, deploy-edge the good commit first`
}

/** @returns that the newest version does not have all traffic, in words */
export async function undeployed(run: Run): Promise<string | undefined> {
  const latest = (await versionsOf(run)).at(-1)
  const { shares } = await deploymentOf(run)
  return latest !== undefined && shares.get(latest.id) === 100
    ? undefined
    : `the newest version is ${latest?.id} (${latest?.message}), and has ${shares.get(latest?.id ?? '') ?? 0} %`
}

/** @throws {Refusal} when the newest version does not have all traffic: no wait would change that */
export async function mustBeDeployed(run: Run): Promise<void> {
  const pending = await undeployed(run)
  if (pending !== undefined) throw new Refusal(pending)
}

/** Commands that deploy the version which `npm run keys` has made, if it has. */
export async function deployedKeys(run: Run): Promise<readonly Command[]> {
  if ((await undeployed(run)) === undefined) return []
  const latest = (await versionsOf(run)).at(-1)
  return latest === undefined ? [] : [giveTraffic(run, [[latest.id, 100]], keysMessage)]
}

/** Ends a wait of some minutes: what is left of it, in words. */
export const toGo = (leftMs: number): string | undefined => {
  if (leftMs <= 0) return undefined
  return leftMs < 10 * minute
    ? `${Math.ceil(leftMs / 1_000)} s to go`
    : `${Math.ceil(leftMs / minute)} minutes to go`
}

/** The step that makes the new key. */
export const trustKey = (
  nameOf: (run: Run) => RingName,
  { precondition, undo }: Pick<Step, 'undo'> & { readonly precondition: NonNullable<Step['precondition']> },
): Step => ({
  say: 'Make a new key, which is accepted and not used',
  precondition,
  commands: async (run) =>
    (await madeRing(run, nameOf(run))).length > 1 ? [] : [keysCommand(run, 'trust', nameOf(run))],
  check: {
    say: 'the ring has two keys',
    missing: async (run) => ((await madeRing(run, nameOf(run))).length === 2 ? undefined : 'it has one'),
  },
  undo,
})

/** The step that uses the new key. */
export const useKey = (nameOf: (run: Run) => RingName, undo: Step['undo']): Step => ({
  say: 'Use the new key; the old one is still accepted',
  commands: async (run) =>
    isUsed(await madeRing(run, nameOf(run))) ? [] : [keysCommand(run, 'use', nameOf(run))],
  check: {
    say: 'the new key is the first',
    missing: async (run) => (isUsed(await madeRing(run, nameOf(run))) ? undefined : 'the old one is'),
  },
  undo,
})

/** The step that forgets the old key. */
export const dropKey = (nameOf: (run: Run) => RingName): Step => ({
  say: 'Forget the old key',
  commands: async (run) =>
    (await madeRing(run, nameOf(run))).length < 2 ? [] : [keysCommand(run, 'drop', nameOf(run))],
  check: {
    say: 'the ring has the new key alone',
    missing: async (run) => ((await madeRing(run, nameOf(run))).length === 1 ? undefined : 'it has two'),
  },
  undo: () => 'nothing: the old key is gone, and a new rotation replaces the new one',
})
