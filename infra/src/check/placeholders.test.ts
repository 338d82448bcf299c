import { describe, expect, it } from 'vitest'
import { readEdgeEnvironments } from './edge-environments.ts'
import { placeholders } from './placeholders.ts'

const environments = readEdgeEnvironments()
const [production] = [...environments].flatMap(([name, each]) => (name === 'production' ? [each] : []))
if (production === undefined) throw new Error('edge/wrangler.jsonc has no production')

describe('placeholders', () => {
  it('are all that this repository has for production', () => {
    expect(placeholders(production)).toEqual([
      'ORIGINS names origin-1.example.com, which is an example: put in your own',
      'TOKEN_ISSUERS names login.example.com, which is an example: put in your own',
      'CORS_ORIGINS names app.example.com, which is an example: put in your own',
      'routes names api.example.com, which is an example: put in your own',
      'CONTROL: spillway-control-production is not the id of a KV namespace: it must be 32 hexadecimal digits',
    ])
  })

  it('are none where names and ids are a team’s own', () => {
    const own = {
      ...production,
      vars: { ...production.vars, ORIGINS: 'https://origin.acme.dev', CORS_ORIGINS: '', TOKEN_ISSUERS: '[]' },
      routes: ['api.example-shop.com'],
      kvNamespaces: [{ binding: 'CONTROL', id: '0f2ac74b498b48028cb68387c421e279' }],
    }
    expect(placeholders(own)).toEqual([])
  })
})
