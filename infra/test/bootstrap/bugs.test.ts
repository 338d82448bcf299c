import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Resource, Setting, Settings } from '../../bootstrap/resource.ts'
import { changes, deletions, follow } from './deeds.ts'
import { EmptyWorld, resources } from './world.ts'

let world: EmptyWorld
beforeAll(async () => {
  world = await EmptyWorld.start()
  await world.bootstrapped()
})
afterAll(() => world?.close())

const names = resources.map(({ name }) => name)

/** Resources whose facts others need. */
const facts = /^(CDK|tunnel \d|KV)/
/** They start a program or send a constant: a wrong setting cannot be sent. */
const sendNothing = /^(CDK|stacks|keys|database|Worker|KV|vault|GitHub|DocumentDB|secret)/

describe('a bug is noticed', () => {
  /** The resource, those that it needs, and those that follow it. */
  const around = (name: string): readonly Resource[] =>
    resources.filter(
      (each) => each.name === name || facts.test(each.name) || follow[name]?.includes(each.name),
    )
  const upTo = (name: string, bug: (resource: Resource) => Partial<Resource>): readonly Resource[] =>
    around(name).map((each) => (each.name === name ? { ...each, seenWithinMs: 0, ...bug(each) } : each))

  it.each(names)('nothing is sent: %s', async (name) => {
    await (deletions[name] ?? changes[name])?.(world)
    expect(
      await world.run(
        'yes',
        upTo(name, () => ({ make: () => [], mend: () => [] })),
      ),
      world.text,
    ).toBe('failed')
    expect(world.text).toContain('not as wanted after the change')
    // The CDK takes long, and has been proven to make them.
    if (/^(CDK|stacks)/.test(name)) world.deployStacks()
    expect(await world.run('yes', around(name)), world.text).toBe('whole')
  })

  it.each(names.filter((name) => !sendNothing.test(name)))('another setting is sent: %s', async (name) => {
    await (deletions[name] ?? changes[name])?.(world)
    const bug = ({ make, mend = make }: Resource): Partial<Resource> => ({
      make: (setup, wanted) => make(setup, mistaken(wanted)),
      mend: (setup, wanted) => mend(setup, mistaken(wanted)),
    })
    expect(await world.run('yes', upTo(name, bug)), world.text).toBe('failed')
    world.aws.server.unexpected.length = 0
    expect(await world.run('yes', around(name)), world.text).toBe('whole')
  })
})

/** The same settings with a mistake in the first. */
function mistaken(wanted: Settings): Settings {
  const [[name, value] = ['', '']] = Object.entries(wanted)
  return { ...wanted, [name]: another(value) }
}
function another(value: Setting): Setting {
  if (typeof value === 'string') return `${value}x`
  if (typeof value === 'number') return value + 1
  return typeof value === 'boolean' ? !value : [...value.slice(1), 'x.acme.test']
}
