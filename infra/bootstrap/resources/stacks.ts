import { deployData, stackOf } from '../../runbook/stacks.ts'
import type { Resource } from '../resource.ts'

/**
 * Network, database, releases and the secrets. Their templates change with releases, which `deploy-origin` deploys; here
 * they must only be there.
 */
export const dataStacks: Resource = {
  name: 'stacks of network and data',
  wanted: () => ({ stacks: ['network', 'data'] }),
  read: async ({ run }) => {
    const states = await Promise.all(
      ['network', 'data'].map(async (name) => ({
        name,
        status: (await stackOf(run, name))?.StackStatus ?? '',
      })),
    )
    const stacks = states.filter(({ status }) => /^(CREATE|UPDATE)_COMPLETE$/.test(status))
    return stacks.length === 0 ? undefined : { stacks: stacks.map(({ name }) => name) }
  },
  make: ({ run }) => [deployData(run)],
}
