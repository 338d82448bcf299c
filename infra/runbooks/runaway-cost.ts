import { stateOf } from '../bootstrap/bootstrap.ts'
import type { Setup } from '../bootstrap/resource.ts'
import { floodRule } from '../bootstrap/resources/zone-rule.ts'
import { setupOf } from '../bootstrap/setup.ts'
import type { Run } from '../runbook/run.ts'
import { Refusal, type Runbook } from '../runbook/runbook.ts'
import { teamSettings } from '../src/team.ts'
import { scaleBack } from './scale-back.ts'

/** The zone's rule as it would be with another number of requests. */
function withLimit(run: Run, requestsPerAddress: number): Setup {
  return setupOf(run, {
    team: { ...teamSettings(run.config.stage), requestsPerAddress },
    inRegion: () => run,
  })
}
const limit = 'requests_per_period'
const lowered = (run: Run) => withLimit(run, Number(run.input('requests')))

export const runawayCost: Runbook = {
  name: 'runaway-cost',
  when: 'A budget of AWS or the usage notification of Cloudflare rings, or traffic that earns nothing is paid for.',
  about:
    'First find out which half it is. Cloudflare bills requests and CPU of the Worker, also those that it refuses; a flood from few addresses ends for free at the zone, and this lowers its rule. AWS bills instances: this takes a forgotten scale-out back. Not here: NAT and log volume (a debug log level, npm run cost has the shares), database I/O (npm run why names a hot route). One caller with a token: revoke.',
  inputs: {
    requests: {
      says: 'requests in 10 s from one address that the zone lets through; offices and mobile networks share one',
      pattern: /^[1-9]\d{0,6}$/,
    },
  },
  look: async (run) => {
    await scaleBack.look?.(run)
    const found = await floodRule.read(withLimit(run, 0))
    if (found === undefined) throw new Refusal('the zone has no rate rule of Spillway: npm run bootstrap')
    run.set('former limit', String(found[limit]))
  },
  steps: [
    {
      say: "Lower the zone's rate rule",
      precondition: {
        say: 'it is lower than now',
        missing: async (run) =>
          Number(run.input('requests')) <= Number(run.fact('former limit'))
            ? undefined
            : `it is ${run.fact('former limit')} already`,
      },
      commands: async (run) => {
        const setup = lowered(run)
        if ((await stateOf(floodRule, setup)).kind === 'same') return []
        return (floodRule.mend ?? floodRule.make)(setup, await floodRule.wanted(setup))
      },
      check: {
        say: 'the rule reads back as it was set',
        missing: async (run) => {
          const found = await floodRule.read(lowered(run))
          return String(found?.[limit]) === run.input('requests') ? undefined : `it is ${found?.[limit]}`
        },
      },
      undo: () => 'npm run bootstrap reports the rule as changed, and puts back what infra/src/team.ts says',
    },
    ...scaleBack.steps,
  ],
  after:
    'Security → Events of the zone counts what the rule refuses, within seconds; Users falls by it. If it does not fall, the flood comes from many addresses: Under Attack mode in the zone, and emergency-shed. Bills are hours late: look at requests, not at dollars.',
}
