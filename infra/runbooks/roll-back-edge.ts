import { canaryInputs, canaryResult } from '../runbook/canary.ts'
import { canaryOfVersion, waitsForCanary } from '../runbook/canary-of-version.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { Refusal } from '../runbook/runbook.ts'
import { deploymentOf, giveTraffic, hasTraffic, mainVersion, versionsOf } from '../runbook/worker.ts'

/** Moment of the canary. */
const afterIt = 'after the roll-back'

export const rollBackEdge: Runbook = {
  name: 'roll-back-edge',
  when: 'The present version of the Worker is bad.',
  about:
    'Gives all traffic to an older version, in seconds. KV keeps its present values, and stored answers stay usable. Secrets belong to a version: if a key was rotated since, Cloudflare refuses this, and rightly, for the origins would refuse every request of the old version. Then deploy the old code as a new version, which takes the present keys: git checkout its commit (the start of its message), and deploy-edge with --at-once yes. The canary is asked if CANARY_TOKEN is set.',
  inputs: {
    version: {
      says: 'id of the version to go back to',
      pattern: /^(former|[0-9a-f-]{36})$/,
      default: 'former',
    },
    ...canaryInputs,
  },
  look: async (run) => {
    const versions = await versionsOf(run)
    const deployment = await deploymentOf(run)
    const asked = run.input('version')
    // In a gradual deployment the good version still has the most traffic.
    const isGradual = deployment.shares.size > 1
    const present = mainVersion(deployment)
    const index = versions.findIndex(({ id }) => id === present)
    const former = isGradual ? present : versions[index - 1]?.id
    const target = asked === 'former' ? former : asked
    if (target === undefined || !versions.some(({ id }) => id === target)) {
      throw new Refusal(
        `no such version; there are\n${versions.map(({ id, message }) => `  ${id} ${message}`).join('\n')}`,
      )
    }
    run.set('target', target)
    run.set('shares', JSON.stringify([...deployment.shares]))
  },
  steps: [
    {
      say: 'Give all traffic to the former version',
      commands: async (run) => {
        const { shares } = await deploymentOf(run)
        if (shares.get(run.fact('target')) === 100) return []
        return [giveTraffic(run, [[run.fact('target'), 100]], 'roll back')]
      },
      check: {
        say: 'the former version has all traffic, and the canary passes',
        withinMs: 60_000,
        everyMs: 20_000,
        missing: async (run) =>
          (await hasTraffic('', (one) => one.fact('target'), 100).missing(run)) ??
          (await canaryOfVersion(run, afterIt, run.fact('target'))) ??
          waitsForCanary(run, afterIt),
      },
      undo: (run) => [giveTraffic(run, JSON.parse(run.fact('shares')), 'undo roll back')],
    },
  ],
  result: (run) => canaryResult(run, afterIt),
  after:
    "The Worker's errors by version, in Cloudflare's Workers → Metrics, end with the bad version's traffic.",
}
