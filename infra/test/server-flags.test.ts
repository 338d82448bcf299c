import { readFileSync } from 'node:fs'
import { serverFlags } from '@spillway/origin/dev/server-flags'
import { expect, it } from 'vitest'

it('the fleet runs with the flags that are measured', () => {
  const unit = readFileSync(new URL('../instance/spillway-origin.service', import.meta.url), 'utf8')
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? []
  expect(command.split(' ')).toEqual(expect.arrayContaining([...serverFlags]))
})
