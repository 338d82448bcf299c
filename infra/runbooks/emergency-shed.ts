import { deleteControl, putControl, switchPosition } from '../runbook/control.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const key = 'shed'
const wanted = (run: Run): string => run.input('level')

const turn = (run: Run, level: string) =>
  level === 'none'
    ? deleteControl(run, key)
    : putControl(run, key, level, ['--ttl', String(Number(run.input('minutes')) * 60)])

export const emergencyShed: Runbook = {
  name: 'emergency-shed',
  when: 'The system is overloaded and nothing else helps fast enough: the group is at its maximum, or the database must recover.',
  about:
    'Turns the emergency switch: the edge refuses background requests, or background and normal ones, with 503 and Retry-After. A read that has a stored answer still gets it. Turns itself off after --minutes. Against a single caller, revoke it instead (revoke). If Cloudflare cannot be reached, see cloudflare-outage.',
  inputs: {
    level: {
      says: 'none (off), background, or normal (only critical requests continue)',
      pattern: /^(none|background|normal)$/,
    },
    minutes: { says: 'minutes until it turns itself off', pattern: /^[1-9]\d{0,3}$/, default: '60' },
  },
  look: async (run) => run.set('former position', await switchPosition(run)),
  steps: [
    {
      say: 'Turn the switch',
      // Also where it is so already: that prolongs its time, and publishes a change that was cut off.
      commands: (run) => turn(run, wanted(run)),
      check: {
        say: 'what edges read is as it was set',
        withinMs: 60_000,
        everyMs: 15_000,
        missing: async (run) => {
          const now = await switchPosition(run)
          return now === wanted(run) ? undefined : `it is ${now}`
        },
      },
      undo: (run) => turn(run, run.fact('former position')),
    },
  ],
  after:
    'It takes effect everywhere within about a minute: KV is eventually consistent, and each isolate reads it every 15 s. Users: requests falls by the share of what is refused, then Pressure falls to almost 0. If Pressure does not fall, requests are not the cause: database-failover. Turn it off one step at a time, some minutes apart.',
}
