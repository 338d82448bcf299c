import { describe, expect, it } from 'vitest'
import { Cors } from './cors.ts'

const app = 'https://app.example'

describe('CORS', () => {
  it('with a wildcard, is equal for all origins, so that it can be stored', () => {
    const cors = new Cors('*')
    expect(cors.dependsOnOrigin).toBe(false)
    expect(Object.fromEntries(cors.always)['access-control-allow-origin']).toBe('*')
    expect(cors.forOrigin(app)).toEqual([])
  })

  it('with a list, names the requesting origin and varies by it', () => {
    const cors = new Cors(new Set([app]))
    expect(cors.always).toEqual([['vary', 'Origin']])
    expect(Object.fromEntries(cors.forOrigin(app))['access-control-allow-origin']).toBe(app)
    expect(cors.forOrigin('https://evil.example')).toEqual([])
    expect(cors.forOrigin('null')).toEqual([])
    expect(cors.forOrigin(null)).toEqual([])
  })

  it('adds no headers when turned off', () => {
    const cors = new Cors(new Set())
    expect([cors.always, cors.forOrigin(app), cors.preflight(app, ['GET'])]).toEqual([[], [], []])
  })

  it('answers a preflight of an allowed origin with methods and fields', () => {
    const cors = new Cors(new Set([app]))
    const allowed = Object.fromEntries(cors.preflight(app, ['GET', 'PATCH']))
    expect(allowed).toMatchObject({
      'access-control-allow-origin': app,
      'access-control-allow-methods': 'GET, PATCH',
      vary: 'Origin',
    })
    for (const name of ['Authorization', 'Idempotency-Key', 'If-Match']) {
      expect(allowed['access-control-allow-headers']).toContain(name)
    }
    expect(cors.preflight('https://evil.example', ['GET'])).toEqual([['vary', 'Origin']])
  })

  it('never allows credentials', () => {
    for (const origins of ['*', new Set([app])] as const) {
      const cors = new Cors(origins)
      const names = [...cors.always, ...cors.forOrigin(app), ...cors.preflight(app, ['GET'])].map(
        ([name]) => name,
      )
      expect(names).not.toContain('access-control-allow-credentials')
    }
  })
})
