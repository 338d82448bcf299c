import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { type Command, program } from '../runbook/command.ts'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook, type Step } from '../runbook/runbook.ts'
import { deploymentOf, giveTraffic, versionsOf } from '../runbook/worker.ts'
import { edgeKeysSecret } from '../src/key-names.ts'
import {
  type KeyRings,
  type Ring,
  type RingName,
  ringNames,
  trustedEverywhereMs,
} from '../src/keys/key-ring.ts'

const minute = 60_000
/** Message of the versions that `npm run keys` makes: they differ from the one before in their keys alone. */
const keysMessage = 'keys'

/** The input's pattern admits the names of rings alone. */
const ringOf = (run: Run): RingName => ringNames.find((name) => name === run.input('ring')) ?? 'assertion'

async function ring(run: Run): Promise<Ring> {
  const { SecretString = '' } = await run.aws.secrets.send(
    new GetSecretValueCommand({ SecretId: edgeKeysSecret(run.stage) }),
  )
  if (!SecretString.startsWith('{')) throw new Refusal('there are no keys yet: npm run keys -- create')
  // The cast: `npm run keys` alone writes the secret.
  return (JSON.parse(SecretString) as KeyRings)[ringOf(run)] ?? []
}

const isUsed = ([first, second]: Ring): boolean =>
  first !== undefined && second !== undefined && first.trustedAtMs > second.trustedAtMs

const keys = (run: Run, step: string): Command =>
  program(['node', 'infra/bin/keys.ts', step, ringOf(run), '--stage', run.stage])

const isDeployed = async (run: Run): Promise<string | undefined> => {
  const latest = (await versionsOf(run)).at(-1)
  const { shares } = await deploymentOf(run)
  return latest !== undefined && shares.get(latest.id) === 100
    ? undefined
    : `the newest version is ${latest?.id} (${latest?.message}), and has ${shares.get(latest?.id ?? '') ?? 0} %`
}

/** Deploys the version that `npm run keys` has made, if it has: the assertion key's trust needs none. */
const deployKeys = (say: string, then: Omit<Step['check'], 'say'> & { readonly say: string }): Step => ({
  say,
  commands: async (run) => {
    if ((await isDeployed(run)) === undefined) return []
    const latest = (await versionsOf(run)).at(-1)
    return latest === undefined ? [] : [giveTraffic(run, [[latest.id, 100]], keysMessage)]
  },
  check: then,
  undo: () => 'see the step before: the version before does not have the new key',
})

/** Time for which the old key stays accepted. */
const keepMs = (run: Run): number => Number(run.input('keep-minutes')) * minute

export const rotateEdgeKeys: Runbook = {
  name: 'rotate-edge-keys',
  when: 'A key of the edge has leaked, or is due: assertions towards the origins, URLs of stored answers, or consistency tokens.',
  about:
    'Each ring rotates alone: a new key is accepted everywhere, then used, then the old one is forgotten. No request is refused and no stored answer is lost, also after a leak; faster would refuse every forwarded request. For cache and consistency, --keep-minutes is the longest maxAge plus stale time of a resource. While there are two cache keys, a miss asks the data centre twice.',
  inputs: {
    ring: { says: ringNames.join(', '), pattern: new RegExp(`^(${ringNames.join('|')})$`) },
    'keep-minutes': {
      says: 'minutes for which the old key stays accepted',
      pattern: /^([5-9]|[1-9]\d{1,4})$/,
      default: '5',
    },
  },
  steps: [
    {
      say: 'Make a new key, which is accepted and not used',
      precondition: {
        say: "the Worker's newest version is deployed, or differs in keys alone: new keys go into a copy of the newest",
        missing: async (run) => {
          const latest = (await versionsOf(run)).at(-1)
          if (latest?.message === keysMessage) return undefined
          const words = await isDeployed(run)
          return words === undefined
            ? undefined
            : `${words}; after a roll-back, deploy-edge the good commit first`
        },
      },
      commands: async (run) => ((await ring(run)).length > 1 ? [] : [keys(run, 'trust')]),
      check: {
        say: 'the ring has two keys',
        missing: async (run) => ((await ring(run)).length === 2 ? undefined : 'it has one'),
      },
      undo: (run) => [keys(run, 'drop')],
    },
    deployKeys('Deploy the Worker that accepts it', {
      say: 'the new key is accepted everywhere: origins look once a minute',
      withinMs: trustedEverywhereMs + 2 * minute,
      everyMs: minute,
      missing: async (run) => {
        const pending = await isDeployed(run)
        if (pending !== undefined) throw new Refusal(pending)
        const newest = Math.max(...(await ring(run)).map(({ trustedAtMs }) => trustedAtMs))
        // The program that uses the key has the same limit; a second more than it.
        const leftMs = newest + trustedEverywhereMs + 1_000 - run.nowMs()
        return leftMs <= 0 ? undefined : `${Math.ceil(leftMs / 1_000)} s to go`
      },
    }),
    {
      say: 'Use the new key; the old one is still accepted',
      commands: async (run) => (isUsed(await ring(run)) ? [] : [keys(run, 'use')]),
      check: {
        say: 'the new key is the first',
        missing: async (run) => (isUsed(await ring(run)) ? undefined : 'the old one is'),
      },
      undo: (run) => [keys(run, 'use')],
    },
    deployKeys('Deploy the Worker that uses it', {
      say: 'nothing of the old key is left: an assertion is valid for two minutes, a stored answer for --keep-minutes',
      withinMs: 10 * 24 * 60 * minute,
      everyMs: minute,
      missing: async (run) => {
        const pending = await isDeployed(run)
        if (pending !== undefined) throw new Refusal(pending)
        const leftMs = (await deploymentOf(run)).createdAtMs + keepMs(run) - run.nowMs()
        return leftMs <= 0 ? undefined : `${Math.ceil(leftMs / minute)} minutes to go`
      },
    }),
    {
      say: 'Forget the old key',
      commands: async (run) => ((await ring(run)).length < 2 ? [] : [keys(run, 'drop')]),
      check: {
        say: 'the ring has the new key alone',
        missing: async (run) => ((await ring(run)).length === 1 ? undefined : 'it has two'),
      },
      undo: () => 'nothing: the old key is gone, and a new rotation replaces the new one',
    },
    deployKeys('Deploy the Worker without the old key', {
      say: 'the newest version has all traffic',
      missing: isDeployed,
    }),
  ],
  after:
    'The dashboard shows nothing. If every request gets 502 origin-unreachable and the Worker logs origin-distrusts-edge, the edge signs with a key that origins do not know: use once more takes the old one back (npm run keys).',
}
