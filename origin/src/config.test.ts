import { expect, it } from 'vitest'
import { ConfigError, type Environment, parseConfig } from './config.ts'

const required = { MONGODB_URI: 'mongodb://database:27017', EDGE_ASSERTION_JWKS: '{"keys":[]}' }

function mistakesOf(env: Environment): readonly string[] {
  try {
    parseConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes
  }
  return []
}

it('has these defaults', () => {
  expect(parseConfig(required)).toMatchInlineSnapshot(`
    {
      "drainTimeoutMs": 25000,
      "edge": undefined,
      "edgeKeys": "{"keys":[]}",
      "host": "127.0.0.1",
      "logLevel": "info",
      "mongodb": {
        "database": "spillway",
        "listTimeoutMs": 800,
        "poolSize": 16,
        "poolWaitTimeoutMs": 500,
        "serverSelectionTimeoutMs": 2000,
        "uri": "mongodb://database:27017",
      },
      "port": 3000,
      "processes": 1,
      "tls": undefined,
      "tracing": undefined,
      "webhookKeys": [],
    }
  `)
})

it('accepts a certificate with its key, and refuses one without the other', () => {
  const files = { TLS_CERTIFICATE_FILE: '/run/certificate.pem', TLS_KEY_FILE: '/run/key.pem' }
  expect(parseConfig({ ...required, ...files }).tls).toEqual({
    certificateFile: '/run/certificate.pem',
    keyFile: '/run/key.pem',
  })
  for (const name of ['TLS_CERTIFICATE_FILE', 'TLS_KEY_FILE'] as const) {
    expect(mistakesOf({ ...required, ...files, [name]: '' })).toEqual([
      `${name} is not set: set it to the absolute path of a PEM file, or leave both unset for HTTP`,
    ])
  }
})

it('accepts the edge with its key, and refuses one without the other', () => {
  const edge = { EDGE_URL: 'https://api.example.com', PURGE_KEY: 'k'.repeat(43) }
  expect(parseConfig({ ...required, ...edge }).edge).toEqual({
    url: 'https://api.example.com',
    purgeKey: 'k'.repeat(43),
  })
  for (const name of ['EDGE_URL', 'PURGE_KEY'])
    expect(mistakesOf({ ...required, ...edge, [name]: '' })).toHaveLength(1)
  for (const EDGE_URL of ['http://api.example.com', 'https://api.example.com/v1', 'https://a@b.example'])
    expect(mistakesOf({ ...required, ...edge, EDGE_URL })).toHaveLength(1)
  expect(mistakesOf({ ...required, ...edge, PURGE_KEY: 'short' })).toEqual([
    'PURGE_KEY must be a key of at least 43 characters, which the edge has, too',
  ])
})

it('lists every invalid and missing variable at once, each with its fix', () => {
  expect(
    mistakesOf({ PORT: '70000', POOL_SIZE: '1e3', LOG_LEVEL: 'loud', MONGODB_DATABASE: 'a/b' }),
  ).toMatchInlineSnapshot(`
      [
        "PORT must be an integer from 0 to 65535",
        "MONGODB_URI is not set: set it to a connection string, mongodb://HOST/?replicaSet=NAME",
        "MONGODB_DATABASE must be 1 to 63 letters, digits, hyphens and underscores",
        "POOL_SIZE must be an integer from 1 to 1000",
        "EDGE_ASSERTION_JWKS is not set: set it to the JSON Web Key Set with the edge's public keys, inline or as file:///absolute/path",
        "LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent",
      ]
    `)
})

it('never prints a value, which may be a secret in the wrong variable', () => {
  const secret = 'swordfish'
  const env = Object.fromEntries(
    ['PORT', 'POOL_SIZE', 'LOG_LEVEL', 'MONGODB_URI', 'EDGE_ASSERTION_JWKS'].map((name) => [name, secret]),
  )
  expect(mistakesOf(env)).toHaveLength(5)
  expect(mistakesOf(env).join()).not.toContain(secret)
})

it('refuses process pools that together exceed the share of connections of the instance', () => {
  expect(mistakesOf({ ...required, PROCESSES: '4', POOL_SIZE: '30', CONNECTION_SHARE: '100' })).toEqual([
    'PROCESSES × POOL_SIZE is 120 connections, but CONNECTION_SHARE allows 100: lower POOL_SIZE to 25',
  ])
  expect(mistakesOf({ ...required, PROCESSES: '4', POOL_SIZE: '25', CONNECTION_SHARE: '100' })).toEqual([])
})

it('treats an empty variable as unset', () => {
  expect(parseConfig({ ...required, PORT: '', HOST: ' ' })).toMatchObject({ port: 3000, host: '127.0.0.1' })
})
