import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { call } from '../../runbook/command.ts'
import { Refusal } from '../../runbook/runbook.ts'
import { type Resource, type Setup, Waits } from '../resource.ts'
import { dnsRecord } from './dns-record.ts'
import { readSecret } from './edge-keys.ts'
import { balancerOf, tunnelHost, tunnelHosts } from './hosts.ts'

/** Tunnels are global to the account, so the region is part of the name. */
export const tunnelName = ({ run }: Setup, number: number): string =>
  `spillway-${run.stage}-${run.region}-${number}`
const fact = (number: number) => `id of tunnel ${number}`

/** A way in of its own: the edge balances tunnels and goes over to another, which Cloudflare does not do between replicas of one. */
export const tunnel = (number: number): Resource => ({
  name: `tunnel ${number}`,
  wanted: () => ({ 'configured at': 'cloudflare' }),
  read: async (setup) => {
    const { cloudflare } = setup.run
    const path = cloudflare.account(`/cfd_tunnel?is_deleted=false&name=${tunnelName(setup, number)}`)
    // The cast: Cloudflare's API documents it.
    const [found] = (await cloudflare.get(path)) as { id: string; config_src: string }[]
    if (found === undefined) return undefined
    setup.run.set(fact(number), found.id)
    return { 'configured at': found.config_src }
  },
  make: (setup, { 'configured at': config_src }) => {
    const { cloudflare } = setup.run
    const body = { name: tunnelName(setup, number), config_src }
    return [cloudflare.change('POST', cloudflare.account('/cfd_tunnel'), body)]
  },
  mend: (setup) => {
    throw new Refusal(
      `${tunnelName(setup, number)} has its configuration in a file, which cannot be changed: delete the tunnel`,
    )
  },
})

interface Ingress {
  readonly hostname?: string
  readonly service: string
  readonly originRequest?: Readonly<Record<string, string | number | boolean>>
}

/** Ingress of a tunnel: requests for its own name go to the balancer by TLS, and nothing else does. */
export const ingress = (number: number): Resource => ({
  name: `ingress of tunnel ${number}`,
  wanted: async (setup) => ({
    hostname: tunnelHost(setup, number),
    service: `https://${await balancerOf(setup)}`,
    // The certificate names all of them; any does.
    originServerName: tunnelHosts(setup)[0] ?? '',
    http2Origin: false,
    // Shorter than the balancer's 60 s, or it could close a connection that a request is being sent on.
    keepAliveTimeout: 50,
    // With the default of 100, a busier connector opens a TLS connection for each further request.
    keepAliveConnections: 1_000,
    otherwise: 'http_status:404',
    rules: 2,
  }),
  read: async ({ run }) => {
    const id = run.fact(fact(number))
    if (id.startsWith('‹')) return undefined
    const path = run.cloudflare.account(`/cfd_tunnel/${id}/configurations`)
    // The cast: Cloudflare's API documents it. A new tunnel has no configuration.
    const answer = (await run.cloudflare.get(path)) as { config: { ingress?: Ingress[] } | null } | undefined
    const rules = answer?.config?.ingress ?? []
    const [own] = rules
    if (own === undefined) return undefined
    return {
      hostname: own.hostname ?? '',
      service: own.service,
      ...own.originRequest,
      otherwise: rules.at(-1)?.service ?? '',
      rules: rules.length,
    }
  },
  make: ({ run }, { hostname, service, otherwise, rules: _, ...originRequest }) => [
    run.cloudflare.change(
      'PUT',
      run.cloudflare.account(`/cfd_tunnel/${run.fact(fact(number))}/configurations`),
      { config: { ingress: [{ hostname, service, originRequest }, { service: otherwise }] } },
    ),
  ],
})

/** Name of a stage's tunnel in another region. */
async function elsewhere({ run }: Setup, id: string): Promise<string | undefined> {
  // The cast: Cloudflare's API documents it.
  const found = (await run.cloudflare.get(run.cloudflare.account(`/cfd_tunnel/${id}`))) as
    | { readonly name: string; readonly deleted_at?: string | null }
    | undefined
  const isLive = found !== undefined && (found.deleted_at ?? null) === null
  const isOurs = found?.name.startsWith(`spillway-${run.stage}-${run.region}-`)
  return isLive && isOurs === false && found.name.startsWith(`spillway-${run.stage}-`)
    ? found.name
    : undefined
}

/** The hostname of a tunnel. One that leads to another region stays: a region that is lost is left on purpose. */
export const tunnelRecord = (number: number): Resource => {
  const record = dnsRecord(`name of tunnel ${number}`, async (setup) => {
    const host = tunnelHost(setup, number)
    return { host, name: host, content: `${setup.run.fact(fact(number))}.cfargotunnel.com`, proxied: true }
  })
  return {
    ...record,
    read: async (setup) => {
      const found = await record.read(setup)
      const [, id] = /^([0-9a-f-]{36})\.cfargotunnel\.com$/.exec(String(found?.content)) ?? []
      const other = id === undefined ? undefined : await elsewhere(setup, id)
      if (other === undefined) return found
      const host = tunnelHost(setup, number)
      throw new Waits(`${host} leads to ${other}; if ${setup.run.region} is to take over, delete that record`)
    },
  }
}

const holds = (number: number) => `the token of tunnel ${number}`

/** The token in AWS, where connectors read it. It goes from one cloud's API to the other's in memory. */
export const tunnelToken = (number: number): Resource => {
  const tokenOf = async ({ run }: Setup): Promise<string> => {
    const path = run.cloudflare.account(`/cfd_tunnel/${run.fact(fact(number))}/token`)
    return String(await run.cloudflare.get(path))
  }
  const secretOf = ({ run }: Setup) => `spillway/${run.stage}/tunnel-token-${number}`
  return {
    name: `secret of tunnel ${number}`,
    wanted: () => ({ holds: holds(number) }),
    read: async (setup) => {
      const present = await readSecret(setup.run, secretOf(setup))
      if (present === undefined) throw new Waits('there is no origin: npm run runbook -- deploy-origin')
      if (setup.run.fact(fact(number)).startsWith('‹')) return { holds: 'something else' }
      return { holds: present === (await tokenOf(setup)) ? holds(number) : 'something else' }
    },
    make: async (setup) => {
      const isKnown = !setup.run.fact(fact(number)).startsWith('‹')
      const SecretString = isKnown ? await tokenOf(setup) : '‹token›'
      return [
        call(setup.run.aws.secrets, new PutSecretValueCommand({ SecretId: secretOf(setup), SecretString }), {
          hidden: ['SecretString'],
        }),
      ]
    },
  }
}
