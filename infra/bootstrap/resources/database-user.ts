import { program } from '../../runbook/command.ts'
import type { Run } from '../../runbook/run.ts'
import { stackOf } from '../../runbook/stacks.ts'
import { type Resource, Waits } from '../resource.ts'

const command = (run: Run, ...words: readonly string[]) =>
  ['node', 'infra/bin/database-user.ts', '--stage', run.stage, '--cluster', run.cluster, ...words] as const

/** The user of the origins. Credentials stay in the memory of the program that logs in. */
export const databaseUser: Resource = {
  name: 'database user of the origins',
  wanted: () => ({ 'logs in with the password of its secret': true }),
  read: async ({ run }) => {
    if ((await stackOf(run, 'data')) === undefined) return undefined
    const answer = (await run.ask([...command(run, '--check')])).trim()
    if (answer.startsWith('unreachable')) throw new Waits(answer)
    return answer === 'absent' ? undefined : { 'logs in with the password of its secret': answer === 'works' }
  },
  make: ({ run }) => [program([...command(run)])],
}
