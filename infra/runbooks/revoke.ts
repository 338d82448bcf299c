import { deleteControl, publishedControl, putControl } from '../runbook/control.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'

const key = (run: Run) => `revoked:${run.input('what')}:${run.input('id')}`

export const revoke: Runbook = {
  name: 'revoke',
  when: 'One caller floods the system or its token has leaked: refuse it, and nobody else.',
  about:
    'Refuses a subject (sub) or one token (jti). With --new-tokens allowed, a token of a new login is accepted: for a leak. With refused, the subject stays out: for a caller that floods. The hours must be at least the longest lifetime of a token.',
  inputs: {
    what: { says: 'sub or jti', pattern: /^(sub|jti)$/, default: 'sub' },
    id: { says: 'the subject or token id', pattern: /^[\x21-\x7e]{1,400}$/ },
    hours: { says: 'hours until it ends', pattern: /^[1-9]\d{0,3}$/, default: '24' },
    'new-tokens': { says: 'allowed or refused', pattern: /^(allowed|refused)$/, default: 'refused' },
  },
  steps: [
    {
      say: 'Revoke it',
      commands: (run) => {
        const ttl = ['--ttl', String(Number(run.input('hours')) * 3_600)]
        const before = JSON.stringify({ issuedBefore: Math.floor(run.nowMs() / 1_000) })
        const limited = run.input('what') === 'sub' && run.input('new-tokens') === 'allowed'
        return putControl(run, key(run), '1', limited ? [...ttl, '--metadata', before] : ttl)
      },
      check: {
        say: 'edges read the revocation',
        withinMs: 60_000,
        everyMs: 15_000,
        missing: async (run) =>
          (await publishedControl(run)).some(({ name }) => name === key(run)) ? undefined : 'it is not there',
      },
      undo: (run) => deleteControl(run, key(run)),
    },
  ],
  after: 'It takes effect everywhere within about a minute; npm run why names it as "revoked token".',
}
