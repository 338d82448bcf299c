import { describe, expect, it } from 'vitest'
import type { CacheApi } from '../cache/index.ts'
import { derivedMac } from './derived-mac.ts'
import { hiddenCache } from './hidden-cache.ts'

const url = 'https://origin.example/.spillway-cache/key'
const [old, current] = ['old', 'new'].map((secret) => derivedMac(secret, 'test')) as [Mac, Mac]
type Mac = ReturnType<typeof derivedMac>

/** The data centre's cache, with the URLs that it was asked for. */
function location(): CacheApi & { readonly asked: string[]; readonly stored: Map<string, Response> } {
  const stored = new Map<string, Response>()
  const asked: string[] = []
  return {
    asked,
    stored,
    match: async (key) => {
      asked.push(key)
      return stored.get(key)
    },
    put: async (key, response) => void stored.set(key, response),
  }
}

describe('the hidden cache', () => {
  it('stores an answer under a URL that only the key tells', async () => {
    const cache = location()
    await hiddenCache(cache, [current]).put(url, new Response('answer'))
    expect([...cache.stored.keys()]).toEqual([`${url}/${current(url)}`])
  })

  it('finds what was stored before a rotation, and asks for it only after a miss', async () => {
    const cache = location()
    await hiddenCache(cache, [old]).put(url, new Response('answer'))
    const rotated = hiddenCache(cache, [current, old])
    expect(await (await rotated.match(url))?.text()).toBe('answer')
    await rotated.put(url, new Response('newer'))
    cache.asked.length = 0
    expect(await (await rotated.match(url))?.text()).toBe('newer')
    expect(cache.asked).toHaveLength(1)
  })

  it('finds nothing under a key that it no longer has', async () => {
    const cache = location()
    await hiddenCache(cache, [old]).put(url, new Response('answer'))
    expect(await hiddenCache(cache, [current]).match(url)).toBeUndefined()
  })
})
