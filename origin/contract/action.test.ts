import { Type } from 'typebox'
import { describe, expect, it } from 'vitest'
import { resources } from '../test/fixture/application.ts'
import { places } from '../test/fixture/places.ts'
import { signedIn } from './access.ts'
import { action } from './action.ts'
import { defineApplication } from './application.ts'
import { matchRoute } from './route.ts'

const good = { description: 'Closes.', on: places, access: signedIn }

describe('an action', () => {
  it('has the time, the priority and the live versions of its resource, where it says nothing else', () => {
    const close = action('close', good)
    expect(close).toMatchObject({
      target: 'document',
      timeoutMs: 1_000,
      priority: 'normal',
      versions: ['v2'],
    })
    expect(close.writes).toEqual([places])
  })

  it.each<[string, object, string]>([
    ['Close', {}, 'lower-case letters'],
    ['batch', {}, "not 'batch', 'changes' or 'history'"],
    ['changes', {}, "not 'batch', 'changes' or 'history'"],
    ['history', {}, "not 'batch', 'changes' or 'history'"],
    ['close', { target: 'documents' }, "target 'documents' is unknown"],
    ['close', { timeout: '31s' }, 'must be from 1s to 30s'],
    ['close', { timeout: 'soon' }, 'is not a duration'],
    ['close', { priority: 'hihg' }, "'hihg'"],
    ['close', { versions: ['v9'] }, "'places' does not have"],
    ['close', { problems: { 'Not Open': 'Closed.' } }, 'becomes a word of the API'],
    ['close', { input: Type.String() }, 'Type.Object()'],
    ['close', { acces: signedIn }, "'acces'"],
    ['close', { on: undefined }, 'on is missing'],
  ])('%s with %j is refused', (name, options, message) => {
    expect(() => action(name, { ...good, ...options } as never)).toThrow(message)
  })

  it('is refused by an application that does not have its resources, or has it twice', () => {
    const close = action('close', good)
    const about = { name: 'a', title: 'A', summary: 'A.' }
    const others = [...resources.values()].filter(({ name }) => name !== 'places')
    expect(() => defineApplication({ ...about, resources: others, actions: [close] })).toThrow(
      "names 'places'",
    )
    const all = [...resources.values()]
    expect(() => defineApplication({ ...about, resources: all, actions: [close, close] })).toThrow('twice')
  })
})

describe('its path', () => {
  it('is matched under POST alone, in the versions that have it', () => {
    const path = '/v2/places/1000/adjust-population'
    const match = matchRoute(resources, 'POST', path)
    expect(match).toMatchObject({ kind: 'route', route: { operation: 'action', id: '1000' } })
    expect(matchRoute(resources, 'PUT', path)).toEqual({
      kind: 'methodNotAllowed',
      allow: ['POST', 'OPTIONS'],
    })
    expect(matchRoute(resources, 'OPTIONS', path)).toEqual({ kind: 'options', allow: ['POST', 'OPTIONS'] })
    for (const wrong of [
      '/v1/places/1000/adjust-population',
      '/v2/places/adjust-population',
      `${path}/more`,
    ]) {
      expect(matchRoute(resources, 'POST', wrong)).not.toMatchObject({ kind: 'route' })
    }
  })
})
