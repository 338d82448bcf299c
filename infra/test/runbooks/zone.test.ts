import { dirname } from 'node:path'
import { expect } from 'vitest'
import { program } from '../../runbook/command.ts'
import { leaveZone, returnToZone } from '../../runbooks/leave-zone.ts'
import { awsCli, pythonTool } from '../../src/check/python-tool.ts'
import { proves, withCommands, withStep } from './prove.ts'
import type { World } from './world.ts'

const withAwsCli = (world: World): void =>
  world.env({ PATH: `${dirname(pythonTool(awsCli))}:${process.env.PATH}` })

proves(leaveZone, {
  inputs: { zone: 'use1-az1' },
  arrange: withAwsCli,
  expect: (world) =>
    expect(world.aws.shifts.active.map(({ resourceIdentifier }) => resourceIdentifier)).toEqual(
      world.aws.shifts.resources,
    ),
  bugs: [
    {
      what: "a zone's name, which differs between accounts",
      in: withCommands(1, (command) =>
        command.kind === 'program'
          ? program(
              command.argv.map((word) => (word === 'use1-az1' ? 'us-east-1a' : word)) as [
                string,
                ...string[],
              ],
            )
          : command,
      ),
      noticed: /invalid Availability Zone us-east-1a/,
    },
    {
      what: 'one of the groups is forgotten',
      in: withStep(1, ({ commands }) => ({ commands: async (run) => (await commands(run)).slice(1) })),
      noticed: /not yet: arn:aws:autoscaling/,
    },
  ],
})

proves(returnToZone, {
  inputs: { zone: 'use1-az1' },
  arrange: (world) => {
    withAwsCli(world)
    for (const [index, resourceIdentifier] of world.aws.shifts.resources.entries()) {
      world.aws.shifts.active.push({
        zonalShiftId: `shift-${index}`,
        resourceIdentifier,
        awayFrom: 'use1-az1',
      })
    }
  },
  expect: (world) => expect(world.aws.shifts.active).toEqual([]),
  bugs: [
    {
      what: 'one of them stays',
      in: withStep(1, ({ commands }) => ({ commands: async (run) => (await commands(run)).slice(1) })),
      noticed: /1 are active/,
    },
  ],
})
