import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { call } from '../../runbook/command.ts'
import { analyticsSecret } from '../../src/edge-metrics.ts'
import { type Resource, type Setup, Waits } from '../resource.ts'
import { readSecret } from './edge-keys.ts'

/**
 * Token by which the stage copies the edge's counts. A person makes it at Cloudflare, since a token that may make
 * tokens may do everything; without a new one, the one that is there stays.
 */
export const analyticsToken: Resource = {
  name: 'secret with the token of Analytics Engine',
  wanted: () => ({ holds }),
  read: async (setup) => {
    const present = await readSecret(setup.run, analyticsSecret(setup.run.config.stage))
    if (present === undefined) throw new Waits('there is no origin: npm run runbook -- deploy-origin')
    if (isOurs(setup, present)) return { holds }
    if (setup.analyticsToken === undefined)
      throw new Waits('set EDGE_ANALYTICS_TOKEN to a token with Account Analytics: Read, and no more')
    return { holds: 'something else' }
  },
  make: ({ run, analyticsToken: apiToken }) => [
    call(
      run.aws.secrets,
      new PutSecretValueCommand({
        SecretId: analyticsSecret(run.config.stage),
        SecretString: JSON.stringify({ accountId: run.cloudflare.accountId, apiToken }),
      }),
      { hidden: ['SecretString'] },
    ),
  ],
}

const holds = 'a token of this account'

/** Whether a secret has the token that is given, or, where none is given, any of this account. */
function isOurs({ run, analyticsToken: given }: Setup, text: string): boolean {
  try {
    const { accountId, apiToken } = JSON.parse(text)
    return accountId === run.cloudflare.accountId && (given === undefined || apiToken === given)
  } catch {
    return false
  }
}
