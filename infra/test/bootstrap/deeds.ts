import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { edgeKeysParameter, keysSecret } from '../../src/key-names.ts'
import { type EmptyWorld, origin } from './world.ts'

type Deed = (world: EmptyWorld) => unknown
type Deeds = Readonly<Record<string, Deed>>

const drop = <T>(list: T[], is: (item: T) => boolean): void => {
  const index = list.findIndex(is)
  if (index < 0) throw new Error('it is not there to be deleted')
  list.splice(index, 1)
}
const parameter = (name: string) => `/spillway/production/${name}`
const byNumber = (name: (number: number) => string, deed: (number: number) => Deed): Deeds =>
  Object.fromEntries([1, 2].map((number) => [name(number), deed(number)]))
const host = (number: number) => `origin-${number}.acme.test`
const own = (world: EmptyWorld, phase: string) => world.cloudflare.zone.rulesets.get(phase)?.rules ?? []
const edit = (world: EmptyWorld, phase: string, change: object) => {
  const rules = own(world, phase)
  rules.splice(rules.length - 1, 1, { ...(rules.at(-1) as (typeof rules)[number]), ...change })
}
const policy = (name: string) => (each: { readonly name: string }) => each.name.endsWith(name)
const records = (world: EmptyWorld) => world.cloudflare.zone.records
const isValidation = (number: number) => (record: { readonly name: string }) =>
  record.name.startsWith('_') && record.name.endsWith(host(number))
const record = (world: EmptyWorld, is: (record: { readonly name: string }) => boolean) => {
  const found = records(world).find(is)
  if (found === undefined) throw new Error('no such record')
  return found
}
const asAdministrator = async (world: EmptyWorld, command: Record<string, unknown>): Promise<void> => {
  const client = await new MongoClient(`mongodb://127.0.0.1:${world.mongod.port}/?directConnection=true`, {
    ...{ tls: true, tlsCAFile: world.mongod.authority, authSource: 'admin' },
    servername: 'spillway-production.cluster-x.us-east-1.docdb.amazonaws.com',
    auth: { username: 'spillway_admin', password: 'p4ssw0rd-of-the-administrator' },
  }).connect()
  await client.db('admin').command(command)
  await client.close()
}

/** Deletion of each resource. */
export const deletions: Deeds = {
  'CDK bootstrap stack': (world) => world.aws.systems.parameters.delete('/cdk-bootstrap/hnb659fds/version'),
  'GitHub as an identity provider': (world) => world.aws.identities.providers.clear(),
  'role that deploys from GitHub': (world) => world.aws.identities.roles.clear(),
  'vault of the copies of backups': (world) => world.aws.copies.vaults.clear(),
  'certificate of the balancer': (world) => world.aws.certificates.all.splice(0),
  ...byNumber(
    (number) => `validation of the certificate, name ${number}`,
    (number) => (world) => drop(records(world), isValidation(number)),
  ),
  ...Object.fromEntries(
    ['origin-certificate-arn', 'alert-email', 'cloudflared', 'edge-assertion-jwks'].map((name) => [
      `parameter /spillway/STAGE/${name}`,
      (world: EmptyWorld) => world.aws.systems.parameters.delete(parameter(name)),
    ]),
  ),
  'stacks of network and data': (world) =>
    ['network', 'data'].map((name) => world.aws.stacks.remove(`spillway-production-${name}`)),
  'keys of edge and origins': (world) =>
    world.aws.secrets.values.set(keysSecret('production', 'webhook'), 'jT5)random'),
  'database user of the origins': (world) => asAdministrator(world, { dropUser: origin.username }),
  'KV namespace of the switch': (world) => world.cloudflare.account.titles.clear(),
  'rate rule: floods end before the Worker': (world) => own(world, 'http_ratelimit').pop(),
  'WAF rule: only the Worker calls the tunnels': (world) => own(world, 'http_request_firewall_custom').pop(),
  ...byNumber(
    (number) => `tunnel ${number}`,
    (number) => (world) => drop(world.cloudflare.account.tunnels, ({ name }) => name.endsWith(`-${number}`)),
  ),
  ...byNumber(
    (number) => `name of tunnel ${number}`,
    (number) => (world) => drop(records(world), ({ name }) => name === host(number)),
  ),
  'notification of Cloudflare: tunnels': (world) =>
    drop(world.cloudflare.account.policies, policy('tunnels')),
  'notification of Cloudflare: requests': (world) =>
    drop(world.cloudflare.account.policies, policy('requests')),
  ...byNumber(
    (number) => `ingress of tunnel ${number}`,
    (number) => (world) => {
      for (const tunnel of world.cloudflare.account.tunnels)
        if (tunnel.name.endsWith(`-${number}`)) tunnel.config = null
    },
  ),
  'Worker with its secrets': (world) => {
    world.cloudflare.versions.splice(0)
    world.cloudflare.deployments.splice(0)
    world.cloudflare.domains.clear()
  },
}

/** Resources that are remade together with another: they hold what is made anew. */
export const follow: Readonly<Record<string, readonly string[]>> = {
  'certificate of the balancer': ['parameter /spillway/STAGE/origin-certificate-arn'],
  'KV namespace of the switch': ['id of the KV namespace in edge/wrangler.jsonc'],
  ...Object.fromEntries(
    [1, 2].map((number) => [
      `tunnel ${number}`,
      [
        ...[`name of tunnel ${number}`, 'notification of Cloudflare: tunnels'],
        ...[`ingress of tunnel ${number}`, `secret of tunnel ${number}`],
      ],
    ]),
  ),
}

const config = (world: EmptyWorld) => join(world.root, 'edge', 'wrangler.jsonc')

/** Change of each resource by somebody else. */
export const changes: Deeds = {
  'CDK bootstrap stack': (world) => world.aws.systems.parameters.set('/cdk-bootstrap/hnb659fds/version', '4'),
  'GitHub as an identity provider': (world) => {
    for (const clients of world.aws.identities.providers.values()) clients.splice(0, 1, 'another')
  },
  'role that deploys from GitHub': (world) => {
    for (const role of world.aws.identities.roles.values())
      role.trust = role.trust.replace(':environment:', ':ref:')
  },
  'DocumentDB in AWS Backup, region of the stage': (world) => (world.aws.vaults.optIns.DocumentDB = false),
  'DocumentDB in AWS Backup, region of the copies': (world) => (world.aws.copies.optIns.DocumentDB = false),
  ...byNumber(
    (number) => `validation of the certificate, name ${number}`,
    (number) => (world) => (record(world, isValidation(number)).proxied = true),
  ),
  ...Object.fromEntries(
    ['alert-email', 'cloudflared', 'origin-certificate-arn'].map((name) => [
      `parameter /spillway/STAGE/${name}`,
      (world: EmptyWorld) => world.aws.systems.parameters.set(parameter(name), 'another'),
    ]),
  ),
  'parameter /spillway/STAGE/edge-assertion-jwks': (world) =>
    world.aws.systems.parameters.set(edgeKeysParameter('production'), '{"keys":[]}'),
  'database user of the origins': (world) =>
    asAdministrator(world, { updateUser: origin.username, pwd: 'another password' }),
  'id of the KV namespace in edge/wrangler.jsonc': (world) => {
    const text = readFileSync(config(world), 'utf8')
    const [id = ''] = world.cloudflare.account.titles.keys()
    writeFileSync(config(world), text.replace(id, 'spillway-control-production'))
  },
  'rate rule: floods end before the Worker': (world) => edit(world, 'http_ratelimit', { enabled: false }),
  'WAF rule: only the Worker calls the tunnels': (world) =>
    edit(world, 'http_request_firewall_custom', { action: 'log' }),
  ...byNumber(
    (number) => `name of tunnel ${number}`,
    (number) => (world) => (record(world, ({ name }) => name === host(number)).proxied = false),
  ),
  ...Object.fromEntries(
    ['tunnels', 'requests'].map((name) => [
      `notification of Cloudflare: ${name}`,
      (world: EmptyWorld) => {
        const { policies } = world.cloudflare.account
        const index = policies.findIndex(policy(name))
        policies.splice(index, 1, { ...(policies[index] as (typeof policies)[number]), enabled: false })
      },
    ]),
  ),
  ...byNumber(
    (number) => `ingress of tunnel ${number}`,
    (number) => (world) => {
      for (const tunnel of world.cloudflare.account.tunnels) {
        if (tunnel.name.endsWith(`-${number}`))
          tunnel.config = { ingress: [{ service: 'http://localhost:80' }, { service: 'http_status:404' }] }
      }
    },
  ),
  ...byNumber(
    (number) => `secret of tunnel ${number}`,
    (number) => (world) =>
      world.aws.secrets.values.set(`spillway/production/tunnel-token-${number}`, 'leaked'),
  ),
  'secret with the token of Analytics Engine': (world) =>
    world.aws.secrets.values.set('spillway/production/edge-analytics', '{"apiToken":"leaked"}'),
  'Worker with its secrets': (world) => {
    world.cloudflare.upload('without a key', { ASSERTION_KEY: '1' })
    world.cloudflare.domains.clear()
  },
}
