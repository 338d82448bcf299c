import { describe, expect, it } from 'vitest'
import { checkTarget } from './target-guard.ts'

describe('a target', () => {
  it.each(['http://127.0.0.1:3000', 'http://localhost:3000', 'http://[::1]:3000'])('may be %s', (url) => {
    expect(checkTarget(url).port).toBe('3000')
  })

  it.each([
    'https://api.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://10.0.0.1',
    'http://0.0.0.0:3000',
  ])('must not be %s', (url) => {
    expect(() => checkTarget(url)).toThrow('--i-own-this-target')
  })

  it('may be elsewhere when its owner says so', () => {
    expect(checkTarget('https://api.example.com', true).hostname).toBe('api.example.com')
  })

  it('must speak HTTP', () => {
    expect(() => checkTarget('file:///etc/passwd', true)).toThrow('neither http nor https')
  })
})
