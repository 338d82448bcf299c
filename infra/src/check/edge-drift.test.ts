import { describe, expect, it } from 'vitest'
import { type EdgeEnvironment, edgeDrift } from './edge-drift.ts'

/** Production has two tunnels. */
const ways = 'https://a.example.com https://b.example.com'

const hosts: Readonly<Record<string, string>> = {
  dev: 'api.dev.example.com',
  staging: 'api.staging.example.com',
  production: 'api.example.com',
}

const environment = (stage: string, change: Partial<EdgeEnvironment> = {}): EdgeEnvironment => ({
  name: `spillway-${stage}`,
  vars: {
    ORIGINS: stage === 'production' ? ways : `https://origin-${stage}.example.com`,
    TOKEN_ISSUERS: '[]',
  },
  secrets: ['ASSERTION_KEY', 'CACHE_KEY', 'CONSISTENCY_KEY', 'PURGE_KEY'],
  kvNamespaces: [{ binding: 'CONTROL', id: `${stage}-control` }],
  rateLimiters: [{ name: 'RATE_LIMITER', limit: 600, periodSeconds: 60 }],
  durableObjects: ['PURGE_QUEUE'],
  analyticsDataset: stage === 'production' ? 'spillway_edge' : `spillway_edge_${stage}`,
  routes: [hosts[stage] ?? ''],
  customDomains: [hosts[stage] ?? ''],
  workersDev: false,
  previewUrls: false,
  invocationLogs: false,
  versionBinding: 'VERSION',
  ...change,
})
const all = (change: Partial<EdgeEnvironment> = {}) =>
  new Map([
    ['dev', environment('dev')],
    ['staging', environment('staging')],
    ['production', environment('production', change)],
  ])

describe('drift between edge, contract and infra', () => {
  it('none', () => expect(edgeDrift(all())).toEqual([]))

  it.each<[string, Partial<EdgeEnvironment>, RegExp]>([
    ['no origin', { vars: { TOKEN_ISSUERS: '[]' } }, /ORIGINS is not set/],
    [
      'an origin without TLS',
      { vars: { ORIGINS: 'http://origin.example.com https://b.example.com', TOKEN_ISSUERS: '[]' } },
      /must be https/,
    ],
    [
      'an origin of this machine',
      { vars: { ORIGINS: 'https://localhost https://b.example.com', TOKEN_ISSUERS: '[]' } },
      /must be https/,
    ],
    [
      'a second origin that is an address',
      { vars: { ORIGINS: `${ways}, https://10.0.0.1`, TOKEN_ISSUERS: '[]' } },
      /10\.0\.0\.1/,
    ],
    [
      'one name for two tunnels',
      { vars: { ORIGINS: 'https://a.example.com, https://b.example.com', TOKEN_ISSUERS: '[]' } },
      /has 1 side by side; the stage has 2 tunnels/,
    ],
    ['no issuer', { vars: { ORIGINS: ways } }, /TOKEN_ISSUERS is not set/],
    [
      'a secret in the open',
      { vars: { ORIGINS: ways, TOKEN_ISSUERS: '[]', ASSERTION_KEY: '{}' } },
      /must be a secret/,
    ],
    [
      'a secret that nobody asks for',
      { secrets: ['ASSERTION_KEY', 'CACHE_KEY', 'PURGE_KEY'] },
      /CONSISTENCY_KEY is not .* required secrets/,
    ],
    ['no emergency switch', { kvNamespaces: [] }, /bound as CONTROL/],
    ['no rate limiter', { rateLimiters: [] }, /bound as RATE_LIMITER/],
    [
      'a quota that is not the limiter’s',
      {
        vars: {
          ORIGINS: ways,
          TOKEN_ISSUERS: '[]',
          RATE_LIMIT: '{"limit":601,"periodSeconds":60}',
        },
      },
      /other numbers/,
    ],
    [
      'a zone to purge without the queue for it',
      {
        vars: { ORIGINS: ways, TOKEN_ISSUERS: '[]', ZONE_ID: 'zone' },
        durableObjects: [],
      },
      /bound as PURGE_QUEUE/,
    ],
    [
      'purges that the edge cannot check',
      { secrets: ['ASSERTION_KEY', 'CACHE_KEY', 'CONSISTENCY_KEY'] },
      /PURGE_KEY is not .* required secrets/,
    ],
    ['purges to another host', { routes: ['www.example.com'] }, /send purges to https:\/\/api\.example\.com/],
    ['purges to a route of some paths', { routes: ['api.example.com/v1/*'] }, /no route is there/],
    ['no route', { routes: [] }, /nobody reaches/],
    ['no data set', { analyticsDataset: undefined }, /Analytics Engine/],
    ['a data set that no alarm looks at', { analyticsDataset: 'mine' }, /alarms look at spillway_edge$/],
    ['a workers.dev address', { workersDev: undefined }, /workers_dev/],
    ['preview addresses', { previewUrls: true }, /preview_urls/],
    ['a log line for every invocation', { invocationLogs: true }, /invocation is logged/],
    [
      'another stage’s switch',
      { kvNamespaces: [{ binding: 'CONTROL', id: 'staging-control' }] },
      /KV namespace of staging/,
    ],
  ])('%s', (_name, change, finding) => {
    const findings = edgeDrift(all(change))
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatch(finding)
  })

  it('a stage without environment and an environment without stage', () => {
    const environments = all()
    environments.delete('staging')
    environments.set('qa', environment('qa'))
    expect(edgeDrift(environments)).toEqual([
      'staging: infra has this stage, edge/wrangler.jsonc has no such environment',
      'qa: edge/wrangler.jsonc has this environment, infra has no such stage',
    ])
  })
})
