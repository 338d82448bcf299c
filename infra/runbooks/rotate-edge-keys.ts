import {
  deployedKeys,
  dropKey,
  keysCommand,
  mustBeDeployed,
  strayVersion,
  toGo,
  trustKey,
  undeployed,
  untilTrustedMs,
  useKey,
} from '../runbook/rings.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook, Step } from '../runbook/runbook.ts'
import { deploymentOf } from '../runbook/worker.ts'
import { edgeRings, type RingName, trustedEverywhereMs } from '../src/keys/key-ring.ts'

const minute = 60_000

/** The input's pattern admits the names of rings alone. */
const ringOf = (run: Run): RingName => edgeRings.find((name) => name === run.input('ring')) ?? 'assertion'

/** Deploys the version that `npm run keys` has made, if it has: the assertion key's trust needs none. */
const deployKeys = (say: string, then: Omit<Step['check'], 'say'> & { readonly say: string }): Step => ({
  say,
  commands: deployedKeys,
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
    ring: { says: edgeRings.join(', '), pattern: new RegExp(`^(${edgeRings.join('|')})$`) },
    'keep-minutes': {
      says: 'minutes for which the old key stays accepted',
      pattern: /^([5-9]|[1-9]\d{1,4})$/,
      default: '5',
    },
  },
  steps: [
    trustKey(ringOf, {
      precondition: {
        say: "the Worker's newest version is deployed, or differs in keys alone: new keys go into a copy of the newest",
        missing: strayVersion,
      },
      undo: (run) => [keysCommand(run, 'drop', ringOf(run))],
    }),
    deployKeys('Deploy the Worker that accepts it', {
      say: 'the new key is accepted everywhere: origins look once a minute',
      withinMs: trustedEverywhereMs + 2 * minute,
      everyMs: minute,
      missing: async (run) => {
        await mustBeDeployed(run)
        return toGo(await untilTrustedMs(run, ringOf(run)))
      },
    }),
    useKey(ringOf, (run) => [keysCommand(run, 'use', ringOf(run))]),
    deployKeys('Deploy the Worker that uses it', {
      say: 'nothing of the old key is left: an assertion is valid for two minutes, a stored answer for --keep-minutes',
      withinMs: 10 * 24 * 60 * minute,
      everyMs: minute,
      missing: async (run) => {
        await mustBeDeployed(run)
        return toGo((await deploymentOf(run)).createdAtMs + keepMs(run) - run.nowMs())
      },
    }),
    dropKey(ringOf),
    deployKeys('Deploy the Worker without the old key', {
      say: 'the newest version has all traffic',
      missing: undeployed,
    }),
  ],
  after:
    'The dashboard shows nothing. If every request gets 502 origin-unreachable and the Worker logs origin-distrusts-edge, the edge signs with a key that origins do not know: use once more takes the old one back (npm run keys).',
}
