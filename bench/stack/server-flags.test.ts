import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { serverFlags } from './server-flags.ts'

it('the fleet runs with the flags that are measured', () => {
  const unit = readFileSync(new URL('../../infra/instance/spillway-origin.service', import.meta.url), 'utf8')
  const [, command = ''] = /^ExecStart=(.*)$/m.exec(unit) ?? []
  expect(command.split(' ')).toEqual(expect.arrayContaining([...serverFlags]))
})
