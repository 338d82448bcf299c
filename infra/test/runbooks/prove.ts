import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from '../../runbook/command.ts'
import type { Runbook, Step } from '../../runbook/runbook.ts'
import { World } from './world.ts'

export interface Proof {
  readonly inputs: Readonly<Record<string, string>>
  /** Makes the situation in which the runbook is needed. */
  readonly arrange?: (world: World) => void | Promise<void>
  /** Inputs that the situation decides. */
  readonly inputsIn?: (world: World) => Readonly<Record<string, string>>
  /** State after the runbook. */
  readonly expect: (world: World) => void
  /** Numbers of steps without a command in this situation. @default none: every step has one */
  readonly idle?: readonly number[]
  /** A second run changes something as well: why. @default it changes nothing */
  readonly repeats?: string
  /** State after all steps are taken back; for a runbook of which some can be. */
  readonly expectUndone?: (world: World) => void
  /** Another situation of a runbook that is proven in full: it is only run, and run with bugs. */
  readonly isVariant?: true
  readonly bugs: readonly Bug[]
}

/** A mistake that somebody could make in the runbook, and the words by which it is noticed. */
export interface Bug {
  readonly what: string
  readonly in: (runbook: Runbook) => Runbook
  readonly noticed: RegExp
}

/** The runbook with one step replaced. */
export const withStep =
  (number: number, change: (step: Step) => Partial<Step>) =>
  (runbook: Runbook): Runbook => ({
    ...runbook,
    steps: runbook.steps.map((step, index) => (index === number - 1 ? { ...step, ...change(step) } : step)),
  })

export const withoutStep =
  (number: number) =>
  (runbook: Runbook): Runbook => ({
    ...runbook,
    steps: runbook.steps.filter((_, index) => index !== number - 1),
  })

/** The runbook with the words of a step's programs, or the input of its calls, changed. */
export const withCommands = (number: number, change: (command: Command) => Command) =>
  withStep(number, ({ commands }) => ({ commands: async (run) => (await commands(run)).map(change) }))

/** Why a proof has no such test, shown where it is skipped; `undefined`: it has one. */
const unless = (reason: string | false | undefined) => (name: string, test: () => Promise<void>) =>
  typeof reason === 'string' ? it.skip(`${name}: ${reason}`, test) : it(name, test)

/** Tests that every runbook has to pass. */
export function proves(runbook: Runbook, proof: Proof): void {
  describe(runbook.name, () => {
    let world: World
    let inputs: Readonly<Record<string, string>>
    beforeEach(async () => {
      world = await World.start()
      await proof.arrange?.(world)
      inputs = { ...proof.inputs, ...proof.inputsIn?.(world) }
    })
    afterEach(() => world.close())
    const text = () => world.shown.join('\n')
    const variant = proof.isVariant === true && 'another situation of a runbook that is proven in full'

    unless(variant)('has a plan that names each step and changes nothing', async () => {
      expect(await world.run(runbook, inputs, { mode: 'plan' }), text()).toBe(true)
      for (const { say } of runbook.steps) expect(text()).toContain(say)
      expect(world.changes).toEqual([])
      expect(world.faults).toEqual([])
    })

    it('executes a command of every step, and both clouds accept them', async () => {
      expect(await world.run(runbook, inputs), text()).toBe(true)
      expect(world.faults, text()).toEqual([])
      const idle = runbook.steps.flatMap((_, index) =>
        commandsOf(world.shown, index + 1) === 0 ? [index + 1] : [],
      )
      expect(idle, text()).toEqual(proof.idle ?? [])
      proof.expect(world)
    })

    unless(variant || (runbook.steps.length === 1 && 'it has one step, after which it is done'))(
      'goes on where it was cut off, from after every step',
      async () => {
        for (const stopAfter of runbook.steps.slice(1).keys()) {
          expect(await world.run(runbook, inputs, { stopAfter: stopAfter + 1 }), text()).toBe(false)
          expect(text()).toContain('stopped by Ctrl-C')
        }
        expect(await world.run(runbook, inputs), text()).toBe(true)
        expect(world.faults, text()).toEqual([])
        proof.expect(world)
      },
    )

    unless(variant || proof.repeats)('changes nothing when it is run again', async () => {
      await world.run(runbook, inputs)
      const before = world.changes.length
      expect(await world.run(runbook, inputs), text()).toBe(true)
      expect(world.changes.slice(before)).toEqual([])
    })

    unless(proof.expectUndone === undefined && 'no state is to be taken back')(
      'takes its steps back, the last first',
      async () => {
        const failing: Step = {
          say: 'Fail',
          commands: () => [],
          check: { say: 'nothing', missing: async () => 'on purpose' },
          undo: () => '',
        }
        expect(
          await world.run({ ...runbook, steps: [...runbook.steps, failing] }, inputs, { mode: 'ask' }),
        ).toBe(false)
        expect(world.shown.at(-1), text()).toContain('taken back')
        expect(world.faults, text()).toEqual([])
        proof.expectUndone?.(world)
      },
    )

    it.each(proof.bugs)('with a bug is noticed: $what', async ({ in: change, noticed }) => {
      const isDone = await world.run(change(runbook), inputs)
      expect([...world.shown, ...world.faults].join('\n')).toMatch(noticed)
      // Noticed by the clouds or by a check, not only by these tests.
      expect(isDone && world.faults.length === 0, text()).toBe(false)
    })
  })
}

/** Commands that a run has shown below a step's title. */
function commandsOf(shown: readonly string[], number: number): number {
  const from = shown.findIndex((line) => line.startsWith(`\n${number}. `))
  const after = shown.slice(from + 1)
  const to = after.findIndex((line) => /^\n\d+\. |^\n✓/.test(line))
  return after.slice(0, to < 0 ? undefined : to).filter((line) => line.startsWith('   $ ')).length
}
