import { program, wrangler } from '../../runbook/command.ts'
import type { Resource, Setup } from '../resource.ts'
import { balancerOf } from './hosts.ts'
import { secretsOfWorker } from './worker-secrets.ts'

/** Hosts that Cloudflare sends to the Worker. */
async function hostsOf({ run, edge }: Setup): Promise<readonly string[]> {
  const path = run.cloudflare.account(`/workers/domains?service=${edge().name}`)
  // The cast: Cloudflare's API documents it.
  const found = (await run.cloudflare.get(path)) as { hostname: string }[]
  return edge().customDomains.filter((host) => found.some(({ hostname }) => hostname === host))
}

/**
 * The Worker, with its secrets: the first deployment must bring them, since a Worker that does not exist has none. Later
 * ones are `deploy-edge`'s.
 */
export const worker: Resource = {
  name: 'Worker with its secrets',
  wanted: async (setup) => {
    // It would answer 502 before.
    await balancerOf(setup)
    const { secrets, customDomains } = setup.edge()
    return { secrets, hosts: customDomains }
  },
  read: async (setup) => {
    const found = await secretsOfWorker(setup)
    if (found === undefined) return undefined
    const secrets = setup.edge().secrets.filter((secret) => found.includes(secret))
    return { secrets, hosts: await hostsOf(setup) }
  },
  make: ({ run }) => [program(['node', 'infra/bin/keys.ts', 'deploy', '--stage', run.stage])],
  mend: async (setup) => {
    const { run, edge } = setup
    const found = (await secretsOfWorker(setup)) ?? []
    const hosts = await hostsOf(setup)
    return [
      // A version with the keys, which deploy-edge gives its traffic.
      ...(edge().secrets.every((secret) => found.includes(secret))
        ? []
        : [program(['node', 'infra/bin/keys.ts', 'send', '--stage', run.stage])]),
      // The first deployment was cut off after the upload.
      ...(hosts.length === edge().customDomains.length ? [] : [wrangler(['triggers', 'deploy'], run.stage)]),
    ]
  },
}
